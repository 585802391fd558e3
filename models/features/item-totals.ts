// Sums of daily counts by item, and lists of the best, shared by the statistics of the world and of countries.

import type { DailyCount, ItemScore } from '../contracts/statistics.ts';

const POPULARITY_HALF_LIFE_DAYS = 14;
/** A trend compares these newest days with the days before them, as far back as the window. */
const TREND_RECENT_DAYS = 3;
export const TREND_WINDOW_DAYS = 28;
/** Added to the expected weight of the recent days, so that a rise from one event to three is no trend. */
const TREND_SMOOTHING = 3;

/** By item id. */
export type ItemTotals = ReadonlyMap<string, number>;

export const isInterest = ({ weightSum }: DailyCount): boolean => weightSum > 0;

const getWeight = ({ weightSum }: DailyCount): number => weightSum;

export const getAgeDays = ({ day }: DailyCount, today: number): number => Math.max(0, today - day);

/** Sums weights that halve with age. */
export const sumPopularity = (counts: readonly DailyCount[], today: number): ItemTotals =>
  sumByItem(counts, (count) => count.weightSum * 0.5 ** (getAgeDays(count, today) / POPULARITY_HALF_LIFE_DAYS));

interface TrendWindows {
  recent: ItemTotals;
  before: ItemTotals;
}

/** Sums the weight of interest in the recent days, and in those before them. */
export function sumTrendWindows(counts: readonly DailyCount[], today: number): TrendWindows {
  const inWindow = counts.filter((count) => isInterest(count) && getAgeDays(count, today) < TREND_WINDOW_DAYS);
  const { recent = [], before = [] } = Object.groupBy(inWindow, (count) =>
    getAgeDays(count, today) < TREND_RECENT_DAYS ? 'recent' : 'before',
  );
  return { recent: sumByItem(recent, getWeight), before: sumByItem(before, getWeight) };
}

/** Returns by how many standard deviations the recent days exceed what the item's own past predicts. */
export function computeTrend({ recent, before }: TrendWindows): ItemTotals {
  const share = TREND_RECENT_DAYS / (TREND_WINDOW_DAYS - TREND_RECENT_DAYS);
  return new Map(
    Array.from(recent, ([itemId, weight]) => {
      const expected = (before.get(itemId) ?? 0) * share + TREND_SMOOTHING;
      return [itemId, (weight - expected) / Math.sqrt(expected)];
    }),
  );
}

/** Positive scores, best first. */
export const listBest = (scores: ItemTotals, length: number): ItemScore[] =>
  [...scores]
    .filter(([, score]) => score > 0)
    .sort(([idA, a], [idB, b]) => b - a || (idA < idB ? -1 : 1))
    .slice(0, length);

function sumByItem(counts: readonly DailyCount[], measure: (count: DailyCount) => number): ItemTotals {
  const totals = new Map<string, number>();
  for (const count of counts) totals.set(count.itemId, (totals.get(count.itemId) ?? 0) + measure(count));
  return totals;
}
