// Compaction: the small files that exports wrote for a day become one, sorted by player, without repeated rows. The
// manifest then names the new file instead of the old ones, which stay for readers of earlier manifests. A run that
// dies leaves a file that no manifest names. Players are erased from files elsewhere: workers/personal-data.

import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { sha256Hex } from '../../models/contracts/digest.ts';
import { eventsKey, slatesKey } from '../../models/contracts/layout.ts';
import type { EventFile, SlateFile, SnapshotManifest } from '../../models/contracts/snapshot.ts';
import { EVENT_COLUMNS } from '../../workers/storage/event-columns.ts';
import { type Column, ROWS_PER_GROUP } from '../../workers/storage/parquet.ts';
import { SLATE_COLUMNS } from '../../workers/storage/slate-columns.ts';
import { LOG_SCHEMA, readFile } from '../../workers/storage/snapshot-files.ts';
import { editSnapshot, readSnapshotOrEmpty, retireFiles } from '../../workers/storage/snapshots.ts';
import { quotePath, quoteText, withDuckDb } from '../duckdb/open.ts';
import { fetchFiles } from './fetch-files.ts';

/** Larger files are left as they are. */
const SMALL_BYTES = 32e6;
const LARGE_BYTES = 256e6;
const DIGEST_LENGTH = 12;

type Kind = 'events' | 'slates';
type DayFile = EventFile | SlateFile;

interface Table {
  columns: readonly Column<never>[];
  /** The columns that identify a row; among several with the same values, the first in `order` is kept. */
  key: string;
  order: string;
  time: string;
}

const TABLES: Record<Kind, Table> = {
  events: {
    columns: EVENT_COLUMNS,
    key: 'user_id, id',
    order: 'user_id, timestamp, sequence',
    time: 'timestamp',
  },
  slates: {
    columns: SLATE_COLUMNS,
    key: 'recommendation_id, item_id',
    order: 'user_id, shown_at, recommendation_id, row_index, column_index',
    time: 'shown_at',
  },
};

export interface Compaction {
  kind: Kind;
  day: string;
  files: number;
  rows: number;
  /** Rows that repeated another. */
  repeated: number;
  bytes: number;
}

/** Compacts every day before today. `folder`: for local copies. `onProgress` gets each compaction. */
export async function compactLog(
  bucket: R2Bucket,
  folder: string,
  now: number,
  onProgress: (done: Compaction) => void = () => {},
): Promise<Compaction[]> {
  const today = new Date(now).toISOString().slice(0, 10);
  const manifest = await readSnapshotOrEmpty(bucket);
  const done: Compaction[] = [];
  for (const kind of ['events', 'slates'] as const)
    for (const files of groupSmallFiles<DayFile>(manifest[kind], today)) {
      const { day } = files[0]!;
      const successor = await mergeFiles(bucket, folder, kind, files, now);
      if (successor === undefined) continue;
      const rows = files.reduce((sum, file) => sum + file.rows, 0);
      const { bytes } = successor;
      const compaction = {
        kind,
        day,
        files: files.length,
        rows: successor.rows,
        repeated: rows - successor.rows,
        bytes,
      };
      done.push(compaction);
      onProgress(compaction);
    }
  return done;
}

/**
 * Groups of at least two small files of the same past day and database of the log; the sum of a group is at most the
 * size of a file.
 */
export function groupSmallFiles<File extends Pick<DayFile, 'day' | 'bytes'> & { shard?: number }>(
  files: readonly File[],
  today: string,
): File[][] {
  const groups: File[][] = [];
  const small = files.filter(({ day, bytes }) => day < today && bytes < SMALL_BYTES);
  for (const ofDay of Map.groupBy(small, ({ day, shard }) => `${day} ${shard}`).values()) {
    let group: File[] = [];
    let bytes = 0;
    for (const file of ofDay) {
      if (bytes + file.bytes > LARGE_BYTES) {
        groups.push(group);
        [group, bytes] = [[], 0];
      }
      group.push(file);
      bytes += file.bytes;
    }
    groups.push(group);
  }
  return groups.filter((group) => group.length > 1);
}

/**
 * Writes the rows of files of one day as one file, and moves the manifest to it. Undefined if the manifest no longer
 * names all of the files: then nothing changes.
 */
export async function mergeFiles(
  bucket: R2Bucket,
  folder: string,
  kind: Kind,
  files: readonly DayFile[],
  now: number,
): Promise<{ rows: number; bytes: number } | undefined> {
  const paths = await fetchFiles(bucket, files, folder);
  const written = path.join(folder, `compacting-${process.pid}.parquet`);
  try {
    const facts = await withDuckDb((connection) => writeSorted(connection, kind, paths, written));
    const successor = await upload(bucket, files[0]!, facts, written);
    const replaced = new Set(files.map(({ key }) => key));
    const edited = await editSnapshot(bucket, now, (manifest) =>
      replaceFiles(manifest, kind, replaced, successor, now),
    );
    return edited && { rows: facts.rows, bytes: successor.bytes };
  } finally {
    rmSync(written, { force: true });
  }
}

function replaceFiles(
  manifest: SnapshotManifest,
  kind: Kind,
  replaced: ReadonlySet<string>,
  successor: DayFile,
  now: number,
): Partial<SnapshotManifest> | undefined {
  const named: readonly DayFile[] = manifest[kind];
  const old = named.filter(({ key }) => replaced.has(key));
  if (old.length < replaced.size) return undefined;
  return {
    [kind]: [...named.filter(({ key }) => !replaced.has(key)), successor],
    retired: [...manifest.retired, ...retireFiles(old, [successor], now)],
  };
}

type Facts = Pick<DayFile, 'rows' | 'users' | 'times'> & { sequences: [number, number]; slates: number };

/** Writes the file and returns what the manifest says of it. Throws if it does not hold what was read. */
async function writeSorted(
  connection: DuckDBConnection,
  kind: Kind,
  paths: readonly string[],
  target: string,
): Promise<Facts> {
  const { columns, key, order, time } = TABLES[kind];
  const source = `select * from read_parquet([${paths.map((file) => quotePath(file)).join()}])
    qualify row_number() over (partition by ${key} order by ${order}) = 1`;
  // DuckDB reads milliseconds as microseconds and would write those: engines such as Polars refuse a table with both.
  const times = columns.filter(({ type }) => type === 'time').map(({ name }) => `${name}::timestamp_ms as ${name}`);
  await connection.run(
    `copy (select * replace (${times.join()}) from (${source}) order by ${order}) to ${quoteText(target)}
     (format parquet, compression zstd, row_group_size ${ROWS_PER_GROUP},
      kv_metadata {'bloodstream.schema': ${quoteText(LOG_SCHEMA)}})`,
  );
  const stored = `read_parquet(${quotePath(target)})`;
  const [expected, found] = [await digestRows(connection, source), await digestRows(connection, `from ${stored}`)];
  if (expected !== found)
    throw new Error(`compaction read rows of digest ${expected} and wrote ${found}; nothing changed`);
  const more =
    kind === 'events'
      ? 'min(sequence)::double, max(sequence)::double, 0'
      : '0, 0, count(distinct recommendation_id)::double';
  const [row] = (
    await connection.runAndReadAll(
      `select count(*)::double, min(user_id), max(user_id), epoch_ms(min(${time}))::double,
         epoch_ms(max(${time}))::double, ${more} from ${stored}`,
    )
  ).getRows() as [number, string, string, number, number, number, number, number][];
  const [rows, firstUser, lastUser, earliest, latest, first, last, slates] = row!;
  return { rows, users: [firstUser, lastUser], times: [earliest, latest], sequences: [first, last], slates };
}

/** The number of rows and the sum of their hashes, over every column. */
async function digestRows(connection: DuckDBConnection, source: string): Promise<string> {
  const [row] = (
    await connection.runAndReadAll(`select count(*), sum(hash(source)::hugeint) from (${source}) as source`)
  ).getRows();
  return row!.join('/');
}

/** `like`: a file that the new one replaces. */
async function upload(bucket: R2Bucket, like: DayFile, facts: Facts, local: string): Promise<DayFile> {
  const bytes = readFileSync(local);
  const sha256 = await sha256Hex(bytes);
  const { sequences, slates, ...shared } = facts;
  const digest = sha256.slice(0, DIGEST_LENGTH);
  const { day } = like;
  const key = 'shard' in like ? eventsKey(day, like.shard, sequences, digest) : slatesKey(day, digest);
  const file = { key, bytes: bytes.length, sha256, day, ...shared };
  // R2 checks the digest on arrival.
  await bucket.put(key, bytes, { sha256, onlyIf: { etagDoesNotMatch: '*' } });
  await readFile(bucket, file);
  return 'shard' in like ? { ...file, shard: like.shard, sequences } : { ...file, slates };
}
