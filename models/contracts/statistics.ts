// What the statistics job computes from the event log and every isolate holds.

import { z } from 'zod';

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
  /** By ISO 3166-1 alpha-2 code: those countries where enough is played. */
  trendingByCountry: z.record(z.string(), z.array(ItemScore)).default({}),
  /** The same countries: what is chosen there, and as far as that is too little to tell, in the world. */
  popularByCountry: z.record(z.string(), z.array(ItemScore)).default({}),
  /** Well rated and little known. */
  hiddenGems: z.array(ItemScore).default([]),
});
export type Statistics = z.infer<typeof Statistics>;

/** Events of one item, type and day (UTC, days since the epoch): what the statistics are computed from. */
export interface DailyCount {
  itemId: string;
  type: string;
  day: number;
  count: number;
  /** Sum of the events' values; 0 where they have none. */
  valueSum: number;
}

/** … and of one country. */
export type CountryCount = DailyCount & { country: string };
