// Deletes the events of one of the log's databases that the snapshot holds in R2 and that are older than the hot
// window. It starts from the oldest and stops at the first that must stay, so that a sequence divides the two stores.

import type { EventFile } from '../../models/contracts/snapshot.ts';
import { deleteEventsUntil } from './archived-marks.ts';
import { readExportCursor } from './export-cursors.ts';
import { lastSequenceOf, readSnapshotOrEmpty } from './snapshots.ts';

/** One transaction; it blocks D1's other writers for some tens of milliseconds. */
const PORTION_ROWS = 5_000;
/** A run deletes at most this; the next one goes on. Four queries a portion stay below the limit of an invocation. */
const RUN_ROWS_MAX = 500_000;

interface Bounds {
  /** Events received since stay (epoch milliseconds). */
  hotFrom: number;
  /** Events after this sequence stay: something has yet to read them. */
  readUntil: number;
  /** Files of events received earlier may have expired (epoch milliseconds); undefined if files never expire. */
  keptFrom?: number;
}

interface SequenceRange {
  first: number;
  last: number;
}

/** Returns the number of deleted events. Throws if a file that should hold one is missing, altered or not named. */
export async function trimEvents(
  db: D1Database,
  shard: number,
  bucket: R2Bucket,
  { hotFrom, readUntil, keptFrom = 0 }: Bounds,
  { portionRows = PORTION_ROWS, runRows = RUN_ROWS_MAX } = {},
): Promise<number> {
  const snapshot = await readSnapshotOrEmpty(bucket);
  const events = snapshot.events.filter((file) => file.shard === shard);
  // If D1 was restored to an earlier point, the snapshot's last sequence does not apply to D1's later rows.
  const until = Math.min(lastSequenceOf(snapshot, shard), await readExportCursor(db, 'events'), readUntil);
  const verified = new Set<string>();
  let deleted = 0;
  while (deleted < runRows) {
    const range = await findOldest(db, until, hotFrom, portionRows);
    if (range === undefined) break;
    const files = events.filter(({ sequences }) => sequences[1] >= range.first && sequences[0] <= range.last);
    await assertCovered(db, files, range, keptFrom);
    await verifyFiles(bucket, files, verified);
    deleted += await deleteEventsUntil(db, range.last);
  }
  return deleted;
}

/** The range of the oldest events that may go; undefined if none may. */
async function findOldest(
  db: D1Database,
  until: number,
  hotFrom: number,
  rows: number,
): Promise<SequenceRange | undefined> {
  const row = await db
    .prepare(
      `with oldest as (select sequence, received_at from events where sequence <= ?1 order by sequence limit ?3)
       select min(sequence) as first, max(sequence) as last from oldest
       where sequence < coalesce((select min(sequence) from oldest where received_at >= ?2), sequence + 1)`,
    )
    .bind(until, hotFrom, rows)
    .first<{ first: number | null; last: number | null }>();
  return row === null || row.first === null || row.last === null ? undefined : { first: row.first, last: row.last };
}

/**
 * Throws unless each event lies within the sequences of a file, or its file may have expired: an event that was not
 * exported must not be deleted.
 */
async function assertCovered(
  db: D1Database,
  files: readonly EventFile[],
  { first, last }: SequenceRange,
  keptFrom: number,
): Promise<void> {
  const sequence = await db
    .prepare(
      `select sequence from events where sequence >= ?1 and sequence <= ?2 and received_at >= ?4 and not exists (
         select 1 from json_each(?3) where sequence >= value->>0 and sequence <= value->>1
       ) limit 1`,
    )
    .bind(first, last, JSON.stringify(joinRanges(files)), keptFrom)
    .first<number>('sequence');
  if (sequence !== null)
    throw new Error(
      `nothing deleted: no file of the snapshot holds event ${sequence}, which should be exported; if its manifest, ` +
        'snapshots/current.json, was replaced by an older one, put the newest back',
    );
}

function joinRanges(files: readonly EventFile[]): [first: number, last: number][] {
  const joined: [number, number][] = [];
  for (const [first, last] of files.map(({ sequences }) => sequences).toSorted((a, b) => a[0] - b[0])) {
    const before = joined.at(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else joined.push([first, last]);
  }
  return joined;
}

/** Each file was read back when it was written. Here the digest stored by R2 proves that R2 still has it. */
async function verifyFiles(bucket: R2Bucket, files: readonly EventFile[], verified: Set<string>): Promise<void> {
  for (const { key, bytes, sha256 } of files) {
    if (verified.has(key)) continue;
    const head = await bucket.head(key);
    if (head === null) throw new Error(`nothing deleted: ${key}, which holds these events, is missing in R2`);
    if (head.size !== bytes || head.checksums.toJSON().sha256 !== sha256)
      throw new Error(`nothing deleted: ${key} in R2 is not the file that was verified`);
    verified.add(key);
  }
}
