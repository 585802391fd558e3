// Writes staged events to the log's databases in portions, and records the progress after each. A portion that is
// written again after a crash adds nothing. While one portion is written, the next is read.

import type { DuckDBConnection } from '@duckdb/node-api';
import type { PlayerEvent } from '../../models/contracts/event.ts';
import { readErasedAt, readErasureMark } from '../../workers/storage/erased-users.ts';
import { findLoggedRows, insertEventRows } from '../../workers/storage/events.ts';
import { recordImportProgress } from '../../workers/storage/imports.ts';
import { chooseShard, type LogShards } from '../../workers/storage/log-shards.ts';
import type { Preset } from './presets.ts';
import { listLogFields, readLogRows } from './stage-events.ts';

/** A transaction's cost is spread over many rows; a parameter must stay below 2 MB. */
const ROWS_PER_WRITE = 10_000;
const BYTES_PER_WRITE = 1_000_000;

export interface EventsToWrite {
  preset: Preset;
  startedAt: number;
  importId: string;
  /** By shard: the rows are without players who were erased before the mark was read. */
  erasureMarks: readonly number[];
  /** Rows, in the order of readLogRows. */
  from: number;
  until: number;
}

interface Portion {
  /** Each is a JSON array that begins with the event's id and the user's. */
  rows: string[];
  /** Number of rows of readLogRows; null ones are counted, but not in `rows`. */
  count: number;
}

/** Returns the number of new events. */
export async function writeEvents(
  db: D1Database,
  shards: LogShards,
  connection: DuckDBConnection,
  request: EventsToWrite,
  onProgress: (done: number) => void,
): Promise<number> {
  const { preset, startedAt, from, until } = request;
  let written = 0;
  let done = from;
  let writing: Promise<void> = Promise.resolve();
  if (until <= from) return 0;
  for await (const portion of joinPortions(readLogRows(connection, preset, startedAt, from, until - from))) {
    await writing;
    onProgress(done);
    done += portion.count;
    const rowsDone = done;
    writing = writePortion(shards, request, portion.rows).then(async (inserted) => {
      await recordImportProgress(db, request.importId, rowsDone);
      written += inserted;
    });
    // Awaited with the next portion; until then a failure is not unhandled.
    writing.catch(() => {});
  }
  await writing;
  onProgress(done);
  return written;
}

async function writePortion(shards: LogShards, request: EventsToWrite, rows: readonly string[]): Promise<number> {
  const byShard =
    shards.length === 1
      ? new Map([[0, rows]])
      : Map.groupBy(rows, (row) => chooseShard((JSON.parse(row) as string[])[1]!, shards.length));
  const inserted = await Promise.all(
    Array.from(byShard, async ([shard, own]) => {
      const others = shards.filter((_, other) => other !== shard);
      const missing = await leaveOutLogged(others, own);
      return missing.length === 0 ? 0 : writeRows(shards[shard]!, request, joinRows(missing), shard);
    }),
  );
  return inserted.reduce((sum, events) => sum + events, 0);
}

/** After a database was added, a repeated import may find a player's events in another one. */
async function leaveOutLogged(others: LogShards, rows: readonly string[]): Promise<readonly string[]> {
  let missing = rows;
  for (const database of others) {
    const logged = new Set(missing.length === 0 ? [] : await findLoggedRows(database, joinRows(missing)));
    if (logged.size > 0) missing = missing.filter((_, index) => !logged.has(index));
  }
  return missing;
}

const joinRows = (rows: readonly string[]): string => `[${rows.join(',')}]`;

/** Writes the staged rows, without those of players who were erased meanwhile. */
async function writeRows(
  db: D1Database,
  { preset, startedAt, erasureMarks }: EventsToWrite,
  json: string,
  shard: number,
): Promise<number> {
  const fields = listLogFields(preset);
  for (let rows = { json, erasureMark: erasureMarks[shard]! }; ; ) {
    const written = await insertEventRows(db, { ...rows, fields, receivedAt: startedAt });
    if (written !== undefined) return written;
    // The mark first, so that a later erasure is noticed.
    rows = { erasureMark: await readErasureMark(db), json: await leaveOutErased(db, fields, json, startedAt) };
  }
}

async function leaveOutErased(
  db: D1Database,
  fields: readonly (keyof PlayerEvent)[],
  json: string,
  startedAt: number,
): Promise<string> {
  const [user, time, reception] = [fields.indexOf('userId'), fields.indexOf('timestamp'), fields.indexOf('receivedAt')];
  const rows: unknown[][] = JSON.parse(json);
  const erasedAt = await readErasedAt(db, [...new Set(rows.map((row) => row[user] as string))]);
  const happenedAt = (row: unknown[]) => Math.min(Number(row[time]), Number(row[reception] ?? startedAt));
  return JSON.stringify(
    rows.filter((row) => happenedAt(row) > (erasedAt.get(row[user] as string) ?? Number.NEGATIVE_INFINITY)),
  );
}

async function* joinPortions(chunks: AsyncGenerator<readonly (string | null)[]>): AsyncGenerator<Portion> {
  let rows: string[] = [];
  let [count, bytes] = [0, 0];
  for await (const chunk of chunks)
    for (const row of chunk) {
      const length = row === null ? 0 : Buffer.byteLength(row) + 1;
      if (count === ROWS_PER_WRITE || (rows.length > 0 && bytes + length > BYTES_PER_WRITE)) {
        yield { rows, count };
        [rows, count, bytes] = [[], 0, 0];
      }
      if (row !== null) rows.push(row);
      count++;
      bytes += length;
    }
  if (count > 0) yield { rows, count };
}
