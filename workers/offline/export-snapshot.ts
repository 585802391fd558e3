// Job: adds to the snapshot what is new since the last run: events, merges, slates and a changed catalogue.

import { exportEvents } from '../storage/export-events.ts';
import { exportItems } from '../storage/export-items.ts';
import { exportMerges } from '../storage/export-merges.ts';
import { exportSlates } from '../storage/export-slates.ts';
import { type LogBindings, listLogShards } from '../storage/log-shards.ts';
import type { Stores } from '../storage/stores.ts';

/** Returns the number of rows exported; 0 if nothing is new. */
export async function exportSnapshot(env: Stores & LogBindings, now: number): Promise<number> {
  const { DB, BUCKET } = env;
  let rows = 0;
  // One shard after the other, so that only one portion of the log is in memory.
  for (const [shard, database] of listLogShards(env).entries())
    rows += await exportEvents(database, shard, BUCKET, now);
  // Merges after events: what a guest did until then is in the files under the guest's id.
  for (const exportNew of [exportMerges, exportItems, exportSlates]) rows += await exportNew(DB, BUCKET, now);
  return rows;
}
