// Job: counts the players of new events, and computes popularity, trends and ratings from the counts.

import { computeStatistics } from '../../models/features/statistics.ts';
import { readPlayerCounts } from '../storage/item-totals.ts';
import { rollUpLog } from '../storage/roll-up.ts';
import { writeStatistics } from '../storage/statistics.ts';
import type { Stores } from '../storage/stores.ts';

const DAY_MS = 86_400_000;

/** Returns the number of events counted: those logged since the last run, or as many of them as a run has time for. */
export async function refreshStatistics({ DB, BUCKET }: Stores, now: number): Promise<number> {
  const { events } = await rollUpLog(DB);
  const counts = await readPlayerCounts(DB, Math.floor(now / DAY_MS));
  await writeStatistics(BUCKET, computeStatistics(counts, new Date(now).toISOString()));
  return events;
}
