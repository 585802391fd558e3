// Statistics of the event log, as the statistics job publishes them and every isolate caches them.

import { z } from 'zod';
import type { EventType } from './event.ts';

export const STATISTICS_SCHEMA = 1;

const ItemScore = z.tuple([z.string(), z.number()]);
/** [itemId, score], best first. */
export type ItemScore = z.infer<typeof ItemScore>;

export const Statistics = z.object({
  schema: z.literal(STATISTICS_SCHEMA),
  computedAt: z.iso.datetime(),
  events: z.number().int(),
  popular: z.array(ItemScore),
  trending: z.array(ItemScore),
  bestRated: z.array(ItemScore),
  /** By ISO 3166-1 alpha-2 code; countries with few events are missing. */
  trendingByCountry: z.record(z.string(), z.array(ItemScore)).default({}),
  /** The same countries, smoothed with the popularity in the world. */
  popularByCountry: z.record(z.string(), z.array(ItemScore)).default({}),
  /** Well rated and little known. */
  hiddenGems: z.array(ItemScore).default([]),
});
export type Statistics = z.infer<typeof Statistics>;

/**
 * The events of one item, type and UTC day (days since the epoch): the input of statistics, without
 * retractions (`unlike`, `undismiss`) and the events they take back.
 */
export interface DailyCount {
  itemId: string;
  type: EventType;
  day: number;
  count: number;
  /** Sum of the events' values; a missing value counts as 0. */
  valueSum: number;
  /** Sum of the events' weights (models/features/weights.ts). */
  weightSum: number;
}

export type CountryCount = DailyCount & { country: string };
