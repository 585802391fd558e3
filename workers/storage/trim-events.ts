// Deletes events from D1 that the snapshot holds in R2 and that are older than the hot window. It starts from the
// oldest and stops at the first that must stay, so that a sequence divides the two stores.

import type { EventFile } from '../../models/contracts/snapshot.ts';
import { deleteEventsUntil } from './archived-marks.ts';
import { readSnapshotOrEmpty } from './snapshots.ts';

/** One transaction; it blocks D1's other writers for some tens of milliseconds. */
const PORTION_ROWS = 5_000;
/** A run deletes at most this; the next one goes on. Four queries a portion stay below the limit of an invocation. */
const RUN_ROWS_MAX = 500_000;

interface Bounds {
  /** Events received since stay (epoch milliseconds). */
  hotFrom: number;
  /** Events after this sequence stay: something has yet to read them. */
  readUntil: number;
}

/** Returns the number of deleted events. Throws if a file that should hold them is missing or altered. */
export async function trimEvents(
  db: D1Database,
  bucket: R2Bucket,
  { hotFrom, readUntil }: Bounds,
  { portionRows = PORTION_ROWS, runRows = RUN_ROWS_MAX } = {},
): Promise<number> {
  const { lastSequence, events } = await readSnapshotOrEmpty(bucket);
  const until = Math.min(lastSequence, readUntil);
  const verified = new Set<string>();
  let deleted = 0;
  while (deleted < runRows) {
    const range = await findOldest(db, until, hotFrom, portionRows);
    if (range === undefined) break;
    await verifyFiles(bucket, events, range, verified);
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
): Promise<{ first: number; last: number } | undefined> {
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

/** Each file was read back when it was written; here R2 proves that it still has it, by the digest it keeps. */
async function verifyFiles(
  bucket: R2Bucket,
  files: readonly EventFile[],
  { first, last }: { first: number; last: number },
  verified: Set<string>,
): Promise<void> {
  for (const { key, bytes, sha256, sequences } of files) {
    if (sequences[1] < first || sequences[0] > last || verified.has(key)) continue;
    const head = await bucket.head(key);
    if (head === null) throw new Error(`nothing deleted: ${key}, which holds these events, is missing in R2`);
    if (head.size !== bytes || head.checksums.toJSON().sha256 !== sha256)
      throw new Error(`nothing deleted: ${key} in R2 is not the file that was verified`);
    verified.add(key);
  }
}
