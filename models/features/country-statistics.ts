// Trend and popularity by country, for countries with enough events. Small ones are smoothed with the world's
// popularity.

import type { CountryCount, ItemScore, Statistics } from '../contracts/statistics.ts';
import {
  computeTrend,
  getAgeDays,
  type ItemTotals,
  isInterest,
  listBest,
  sumPopularity,
  sumTrendWindows,
  TREND_WINDOW_DAYS,
} from './item-totals.ts';

/** Minimum weight of a country's recent events; below it the country has no lists. */
const COUNTRY_WEIGHT_MIN = 100;
/** Weight of the world's popularity in a country's. */
const WORLD_PRIOR_WEIGHT = 1_000;
const COUNTRIES_MAX = 60;
const LIST_LENGTH_MAX = 60;

interface CountryStatistics {
  country: string;
  recentWeight: number;
  trending: ItemScore[];
  popular: ItemScore[];
}

/**
 * Returns the lists of the countries with the most events. `world`: popularity in the world; `today`: days since the
 * epoch.
 */
export function computeCountryStatistics(
  counts: readonly CountryCount[],
  world: ItemTotals,
  today: number,
): Pick<Statistics, 'trendingByCountry' | 'popularByCountry'> {
  const countries = [...Map.groupBy(counts, ({ country }) => country)]
    .map(([country, own]) => describeCountry(country, own, world, today))
    .filter(({ recentWeight }) => recentWeight >= COUNTRY_WEIGHT_MIN)
    .sort((a, b) => b.recentWeight - a.recentWeight)
    .slice(0, COUNTRIES_MAX);
  return {
    trendingByCountry: Object.fromEntries(countries.map(({ country, trending }) => [country, trending])),
    popularByCountry: Object.fromEntries(countries.map(({ country, popular }) => [country, popular])),
  };
}

function describeCountry(
  country: string,
  counts: readonly CountryCount[],
  world: ItemTotals,
  today: number,
): CountryStatistics {
  const windows = sumTrendWindows(counts, today);
  const interest = counts.filter((count) => isInterest(count) && getAgeDays(count, today) < TREND_WINDOW_DAYS);
  return {
    country,
    recentWeight: sumOf(windows.recent),
    trending: listBest(computeTrend(windows), LIST_LENGTH_MAX),
    popular: listBest(smoothWithWorld(sumPopularity(interest, today), world), LIST_LENGTH_MAX),
  };
}

/** Adds the world's popularity as a prior: a country with few events of its own stays close to it. */
function smoothWithWorld(popularity: ItemTotals, world: ItemTotals): ItemTotals {
  const positive = new Map([...world].filter(([, weight]) => weight > 0));
  const all = sumOf(positive);
  const smoothed = new Map(popularity);
  for (const [itemId, weight] of positive)
    smoothed.set(itemId, (smoothed.get(itemId) ?? 0) + (WORLD_PRIOR_WEIGHT * weight) / all);
  return smoothed;
}

const sumOf = (totals: ItemTotals): number => [...totals.values()].reduce((sum, weight) => sum + weight, 0);
