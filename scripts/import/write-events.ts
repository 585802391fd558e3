// Writes staged events to D1 in portions, each with the progress it makes in one transaction. While one portion is
// written the next is read.

import type { DuckDBConnection } from '@duckdb/node-api';
import type { PlayerEvent } from '../../models/contracts/event.ts';
import { readErasedAt, readErasureMark } from '../../workers/storage/erased-users.ts';
import { insertEventRows } from '../../workers/storage/events.ts';
import { prepareImportProgress } from '../../workers/storage/imports.ts';
import type { Preset } from './presets.ts';
import { listLogFields, readLogRows } from './stage-events.ts';

/** A transaction's cost is spread over many rows; a parameter must stay below 2 MB. */
const ROWS_PER_WRITE = 10_000;
const BYTES_PER_WRITE = 1_000_000;

export interface EventsToWrite {
  preset: Preset;
  startedAt: number;
  importId: string;
  /** The rows are without the players that were erased until then. */
  erasureMark: number;
  /** Rows, in the order of readLogRows. */
  from: number;
  until: number;
}

interface Portion {
  json: string;
  /** Rows in the order of readLogRows; some may be null there, and not in `json`. */
  count: number;
}

/** Returns the number of new events. */
export async function writeEvents(
  db: D1Database,
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
    writing = writePortion(db, request, portion, done).then((rows) => {
      written += rows;
    });
    // Awaited with the next portion; until then a failure is not unhandled.
    writing.catch(() => {});
  }
  await writing;
  onProgress(done);
  return written;
}

/** Writes the rows as they were staged, or, if players were erased meanwhile, without those. */
async function writePortion(
  db: D1Database,
  { preset, startedAt, importId, erasureMark }: EventsToWrite,
  { json }: Portion,
  rowsDone: number,
): Promise<number> {
  const fields = listLogFields(preset);
  for (let rows = { json, erasureMark }; ; ) {
    const progress = prepareImportProgress(db, importId, rowsDone, rows.erasureMark);
    const written = await insertEventRows(db, { ...rows, fields, receivedAt: startedAt }, progress);
    if (written !== undefined) return written;
    // The mark first: an erasure after it is noticed.
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
        yield { json: `[${rows.join(',')}]`, count };
        [rows, count, bytes] = [[], 0, 0];
      }
      if (row !== null) rows.push(row);
      count++;
      bytes += length;
    }
  if (count > 0) yield { json: `[${rows.join(',')}]`, count };
}
