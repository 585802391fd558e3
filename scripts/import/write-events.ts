// Writes staged events to D1 in portions, each with the progress it makes in one transaction. While one portion is
// written the next is read.

import type { DuckDBConnection } from '@duckdb/node-api';
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
  /** Rows, in the order of readLogRows. */
  from: number;
  until: number;
}

/** Returns the number of new events. */
export async function writeEvents(
  db: D1Database,
  connection: DuckDBConnection,
  { preset, startedAt, importId, from, until }: EventsToWrite,
  onProgress: (done: number) => void,
): Promise<number> {
  const fields = listLogFields(preset);
  let written = 0;
  let done = from;
  let writing: Promise<void> = Promise.resolve();
  if (until <= from) return 0;
  for await (const { json, count } of joinPortions(readLogRows(connection, preset, startedAt, from, until - from))) {
    await writing;
    onProgress(done);
    const rowsDone = done + count;
    writing = insertEventRows(db, fields, json, startedAt, prepareImportProgress(db, importId, rowsDone)).then(
      (rows) => {
        written += rows;
      },
    );
    // Awaited with the next portion; until then a failure is not unhandled.
    writing.catch(() => {});
    done = rowsDone;
  }
  await writing;
  onProgress(done);
  return written;
}

async function* joinPortions(
  chunks: AsyncGenerator<readonly string[]>,
): AsyncGenerator<{ json: string; count: number }> {
  let rows: string[] = [];
  let bytes = 0;
  for await (const chunk of chunks)
    for (const row of chunk) {
      const length = Buffer.byteLength(row) + 1;
      if (rows.length === ROWS_PER_WRITE || (rows.length > 0 && bytes + length > BYTES_PER_WRITE)) {
        yield { json: `[${rows.join(',')}]`, count: rows.length };
        [rows, bytes] = [[], 0];
      }
      rows.push(row);
      bytes += length;
    }
  if (rows.length > 0) yield { json: `[${rows.join(',')}]`, count: rows.length };
}
