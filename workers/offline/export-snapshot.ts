// Job: adds to the snapshot what is new since the last run: events, merges, slates and a changed catalogue.

import { exportEvents } from '../storage/export-events.ts';
import { exportItems } from '../storage/export-items.ts';
import { exportMerges } from '../storage/export-merges.ts';
import { exportSlates } from '../storage/export-slates.ts';
import type { Stores } from '../storage/stores.ts';

/** Returns the number of rows exported; 0 if nothing is new. */
export async function exportSnapshot({ DB, BUCKET }: Stores, now: number): Promise<number> {
  let rows = 0;
  // Merges after events: what a guest did until then is in the files under the guest's id.
  for (const exportNew of [exportEvents, exportMerges, exportItems]) rows += await exportNew(DB, BUCKET, now);
  return rows + (await exportSlates(DB, BUCKET, now));
}
