// Job: recomputes popularity, trends and ratings from the event log in D1.

import { computeStatistics } from '../../models/features/statistics.ts';
import { readCountryCounts, readDailyCounts } from '../storage/daily-counts.ts';
import { writeStatistics } from '../storage/statistics.ts';
import type { Stores } from '../storage/stores.ts';

const DAY_MS = 86_400_000;
/** With a half-life of 14 days an older event would count for less than two percent. */
const WINDOW_DAYS = 90;
/** Trends look back this far. */
const COUNTRY_WINDOW_DAYS = 28;

/** Returns the number of events counted. */
export async function refreshStatistics({ DB, BUCKET }: Stores, now: number): Promise<number> {
  const counts = await readDailyCounts(DB, now - WINDOW_DAYS * DAY_MS);
  const countries = await readCountryCounts(DB, now - COUNTRY_WINDOW_DAYS * DAY_MS);
  const statistics = computeStatistics(counts, countries, Math.floor(now / DAY_MS), new Date(now).toISOString());
  await writeStatistics(BUCKET, statistics);
  return statistics.events;
}
