// Job: deletes from D1 the events that have left the hot window; the snapshot in R2 has them.

import { readCountedSequence } from '../storage/roll-up.ts';
import { readHotDays } from '../storage/settings.ts';
import type { Stores } from '../storage/stores.ts';
import { trimEvents } from '../storage/trim-events.ts';

const DAY_MS = 86_400_000;

/** Returns the number of events deleted. */
export async function trimLog({ DB, BUCKET, LOG_HOT_DAYS }: Stores & { LOG_HOT_DAYS: string }, now: number) {
  const hotFrom = now - readHotDays(LOG_HOT_DAYS) * DAY_MS;
  return trimEvents(DB, BUCKET, { hotFrom, readUntil: await readCountedSequence(DB) });
}
