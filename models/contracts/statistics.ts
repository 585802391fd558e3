// Statistics of the event log, as the statistics job publishes them and every isolate caches them.

import { z } from 'zod';
import type { EventType } from './event.ts';

export const STATISTICS_SCHEMA = 1;

/** [itemId, score], best first. */
export type ItemScore = [itemId: string, score: number];
/** Keeps the arrays of `JSON.parse`: those of a tuple of zod's take five times the memory, and there are many. */
const ItemScore = z.custom<ItemScore>(
  (pair) => Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string' && Number.isFinite(pair[1]),
);

export const Statistics = z.object({
  schema: z.literal(STATISTICS_SCHEMA),
  computedAt: z.iso.datetime(),
  popular: z.array(ItemScore),
  /** The day that popularity counts back from: long ago if hardly anything has happened since. */
  popularUntil: z.iso.date().nullable().default(null),
  trending: z.array(ItemScore),
  bestRated: z.array(ItemScore),
  /** By ISO 3166-1 alpha-2 code; countries with few events are missing. */
  trendingByCountry: z.record(z.string(), z.array(ItemScore)).default({}),
  /** The same countries, smoothed with the popularity in the world. */
  popularByCountry: z.record(z.string(), z.array(ItemScore)).default({}),
  /** The items of these lists that are popular in the country itself, by country. */
  ownPopularByCountry: z.record(z.string(), z.array(z.string())).default({}),
  /** Well rated and little known. */
  hiddenGems: z.array(ItemScore).default([]),
});
export type Statistics = z.infer<typeof Statistics>;

/** Acts may be repeated: a player counts once per item, type and day. */
export const ACT_TYPES = ['view', 'click', 'play'] as const satisfies readonly EventType[];
/** Facts hold until they are taken back: a player counts once per item and type, on the day of the last event. */
export const FACT_TYPES = [
  'like',
  'dislike',
  'rate',
  'wishlist',
  'purchase',
  'dismiss',
] as const satisfies readonly EventType[];
/** A player has one vote on an item: the last of these that was not taken back. The others do not count. */
export const VOTE_TYPES = ['like', 'dislike', 'rate'] as const satisfies readonly EventType[];

/** Sums of the weights (models/features/weights.ts) of an item’s players. A day’s plays weigh by their total length. */
export interface ItemTotals {
  itemId: string;
  /** Halves with age. */
  popularity: number;
  /** Interest in the newest days, and in the days before them that trends compare with. */
  recent: number;
  before: number;
}

export type CountryTotals = ItemTotals & { country: string };

/** One vote per player. */
export interface ItemRating {
  itemId: string;
  votes: number;
  /** On the scale of ratings. */
  sum: number;
}

/** The counts that statistics are computed from. */
export interface PlayerCounts {
  world: ItemTotals[];
  /** Only countries with enough recent events. */
  countries: CountryTotals[];
  ratings: ItemRating[];
  /** The day that popularity counts back from, since the epoch; null if nothing was counted. */
  anchorDay: number | null;
}
