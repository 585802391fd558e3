// Job: exports a snapshot for training if the log has grown since the last one.

import { countEventsAfter } from '../storage/events.ts';
import { exportSnapshot, readSnapshotManifest } from '../storage/snapshots.ts';
import type { Stores } from '../storage/stores.ts';

/** Returns the number of rows exported; 0 if nothing is new. */
export async function exportNewSnapshot({ DB, BUCKET }: Stores, now: number): Promise<number> {
  const last = await readSnapshotManifest(BUCKET);
  if ((await countEventsAfter(DB, last?.lastSequence ?? 0)) === 0) return 0;
  const { events, items } = await exportSnapshot(DB, BUCKET, now);
  return events + items;
}
