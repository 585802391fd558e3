// Trend and popularity by country, for countries with enough players. Small ones are smoothed with the world's
// popularity.

import type { CountryTotals, ItemScore, ItemTotals, Statistics } from '../contracts/statistics.ts';
import { computeTrend, getPopularity, listBest, POPULARITY_MIN } from './popularity-and-trends.ts';

/** Minimum weight of a country's recent days; below it the country has no lists. */
export const COUNTRY_WEIGHT_MIN = 100;
/** Weight of the world's popularity in a country's. */
const WORLD_PRIOR_WEIGHT = 1_000;
export const COUNTRIES_MAX = 60;
const LIST_LENGTH_MAX = 60;

interface CountryStatistics {
  country: string;
  recentWeight: number;
  trending: ItemScore[];
  popular: ItemScore[];
  /** Items of `popular` that the country's own players made popular. */
  ownPopular: string[];
}

/** Returns the lists of the countries with the most players. `world`: popularity in the world, by item id. */
export function computeCountryStatistics(
  totals: readonly CountryTotals[],
  world: ReadonlyMap<string, number>,
): Pick<Statistics, 'trendingByCountry' | 'popularByCountry' | 'ownPopularByCountry'> {
  const countries = [...Map.groupBy(totals, ({ country }) => country)]
    .map(([country, own]) => describeCountry(country, own, world))
    .filter(({ recentWeight }) => recentWeight >= COUNTRY_WEIGHT_MIN)
    .sort((a, b) => b.recentWeight - a.recentWeight)
    .slice(0, COUNTRIES_MAX);
  return {
    trendingByCountry: Object.fromEntries(countries.map(({ country, trending }) => [country, trending])),
    popularByCountry: Object.fromEntries(countries.map(({ country, popular }) => [country, popular])),
    ownPopularByCountry: Object.fromEntries(countries.map(({ country, ownPopular }) => [country, ownPopular])),
  };
}

function describeCountry(
  country: string,
  totals: readonly ItemTotals[],
  world: ReadonlyMap<string, number>,
): CountryStatistics {
  const own = getPopularity(totals);
  const popular = listBest(smoothWithWorld(own, world), LIST_LENGTH_MAX);
  return {
    country,
    recentWeight: sumOf(totals.map(({ recent }) => recent)),
    trending: listBest(computeTrend(totals), LIST_LENGTH_MAX),
    popular,
    ownPopular: popular.flatMap(([itemId]) => ((own.get(itemId) ?? 0) >= POPULARITY_MIN ? [itemId] : [])),
  };
}

/** Adds the world's popularity as a prior: a country with few events of its own stays close to it. */
function smoothWithWorld(
  popularity: ReadonlyMap<string, number>,
  world: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const positive = new Map([...world].filter(([, weight]) => weight > 0));
  const all = sumOf(positive.values());
  const smoothed = new Map(popularity);
  for (const [itemId, weight] of positive)
    smoothed.set(itemId, (smoothed.get(itemId) ?? 0) + (WORLD_PRIOR_WEIGHT * weight) / all);
  return smoothed;
}

const sumOf = (weights: Iterable<number>): number => [...weights].reduce((sum, weight) => sum + weight, 0);
