// Collects the batches of slates in R2 into Parquet files of the snapshot. The manifest names the batches it has taken
// until they are deleted, so that a crash between any two steps takes none of them twice.

import { SLATE_BATCHES_PREFIX, slatesKey } from '../../models/contracts/layout.ts';
import type { LoggedSlate } from '../../models/contracts/slate.ts';
import type { SlateFile } from '../../models/contracts/snapshot.ts';
import { findRange, toDay } from './day.ts';
import { readErasedAt } from './erased-users.ts';
import { compareUtf8 } from './parquet.ts';
import { SLATE_COLUMNS, toSlateRows } from './slate-columns.ts';
import { readSlateBatch } from './slates.ts';
import { writeRows } from './snapshot-files.ts';
import { editSnapshot, readSnapshotOrEmpty } from './snapshots.ts';

/** As JSON; their rows take some ten times as much of an isolate's memory. */
const PORTION_BYTES = 6_000_000;
/** Keys of one list and of one delete. */
const BATCHES_MAX = 1_000;
/** A run collects at most this; the next one goes on. */
const RUN_SLATES_MAX = 5_000;

/**
 * Returns the number of slates collected, without those of players who were erased since. `now`: epoch milliseconds.
 */
export async function exportSlates(db: D1Database, bucket: R2Bucket, now: number): Promise<number> {
  let collected = 0;
  while (collected < RUN_SLATES_MAX) {
    const { takenBatches } = await readSnapshotOrEmpty(bucket);
    if (takenBatches.length > 0) await bucket.delete(takenBatches);
    const { keys, slates: read } = await readPortion(bucket);
    if (keys.length === 0) break;
    const erasedAt = await readErasedAt(db, [...new Set(read.map(({ userId }) => userId))]);
    const slates = read.filter(({ userId, shownAt }) => shownAt > (erasedAt.get(userId) ?? Number.NEGATIVE_INFINITY));
    const files = await writePortion(bucket, slates);
    const edited = await editSnapshot(bucket, now, (manifest) =>
      // Another export took batches meanwhile, perhaps these.
      manifest.takenBatches.join() === takenBatches.join()
        ? { slates: [...manifest.slates, ...files], takenBatches: keys }
        : undefined,
    );
    if (edited !== undefined) collected += slates.length;
  }
  return collected;
}

/** Reads the oldest batches. A batch may repeat a slate of another: queues deliver at least once. */
async function readPortion(bucket: R2Bucket): Promise<{ keys: string[]; slates: LoggedSlate[] }> {
  const { objects } = await bucket.list({ prefix: SLATE_BATCHES_PREFIX, limit: BATCHES_MAX });
  const keys: string[] = [];
  const slates = new Map<string, LoggedSlate>();
  let bytes = 0;
  for (const { key } of objects) {
    if (bytes > PORTION_BYTES) break;
    const batch = await readSlateBatch(bucket, key);
    if (batch === undefined) continue;
    keys.push(key);
    for (const slate of batch) {
      bytes += slate.features.length;
      slates.set(slate.recommendationId, slate);
    }
  }
  return { keys, slates: [...slates.values()] };
}

/** Writes a file for each day on which slates were shown. */
async function writePortion(bucket: R2Bucket, portion: readonly LoggedSlate[]): Promise<SlateFile[]> {
  const files: SlateFile[] = [];
  for (const [day, slates] of Map.groupBy(portion, ({ shownAt }) => toDay(shownAt))) {
    slates.sort((a, b) => compareUtf8(a.userId, b.userId) || a.shownAt - b.shownAt);
    const file = await writeRows(bucket, SLATE_COLUMNS, slates.flatMap(toSlateRows), (digest) =>
      slatesKey(day, digest),
    );
    const users = [slates[0]!.userId, slates.at(-1)!.userId] satisfies SlateFile['users'];
    files.push({ ...file, day, users, times: findRange(slates.map(({ shownAt }) => shownAt)), slates: slates.length });
  }
  return files;
}
