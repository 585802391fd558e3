// Job: deletes old job runs, counts of events and slates, and undelivered notifications. Events and the dead letters of
// events are kept.

import { deleteUndelivered } from '../storage/dead-letters.ts';
import { deleteOldEventCounts } from '../storage/event-counts.ts';
import { deleteOldJobRuns } from '../storage/job-runs.ts';
import { deleteOldSlateCounts } from '../storage/slates.ts';
import type { Stores } from '../storage/stores.ts';

const KEPT_DAYS = 30;
const DAY_MS = 86_400_000;

/** Returns the number of rows deleted. */
export async function deleteOldRows({ DB }: Stores, now: number): Promise<number> {
  const before = now - KEPT_DAYS * DAY_MS;
  let deleted = 0;
  for (const deleteOld of [deleteOldSlateCounts, deleteOldJobRuns, deleteOldEventCounts, deleteUndelivered])
    deleted += await deleteOld(DB, before);
  return deleted;
}
