// The job that forgets what nobody asks for any more: what was shown weeks ago, the record of jobs, notifications that nobody
// took. Events and the letters that were to be events are kept.

import { deleteUndelivered } from '../storage/dead-letters.ts';
import { deleteOldJobRuns } from '../storage/job-runs.ts';
import { deleteOldSlates } from '../storage/slates.ts';
import type { Stores } from '../storage/stores.ts';

const KEPT_DAYS = 30;
const DAY_MS = 86_400_000;

/** Returns the number of rows deleted. */
export async function forgetOldRows({ DB }: Stores, now: number): Promise<number> {
  const before = now - KEPT_DAYS * DAY_MS;
  let deleted = 0;
  for (const forget of [deleteOldSlates, deleteOldJobRuns, deleteUndelivered]) deleted += await forget(DB, before);
  return deleted;
}
