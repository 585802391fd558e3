// Job: deletes from D1 the events that have left the hot window; the snapshot in R2 has them.

import { readCountedSequence } from '../storage/roll-up.ts';
import { type RetentionVars, readHotDays, readRetention } from '../storage/settings.ts';
import type { Stores } from '../storage/stores.ts';
import { trimEvents } from '../storage/trim-events.ts';

const DAY_MS = 86_400_000;

/** Returns the number of events deleted. */
export async function trimLog({ DB, BUCKET, ...settings }: Stores & RetentionVars, now: number): Promise<number> {
  const { logDays } = readRetention(settings);
  return trimEvents(DB, BUCKET, {
    hotFrom: now - readHotDays(settings.LOG_HOT_DAYS) * DAY_MS,
    readUntil: await readCountedSequence(DB),
    keptFrom: Math.max(0, now - logDays * DAY_MS),
  });
}
