// Popularity, trend and rating of every item from daily counts. Pure: workers/offline reads the counts and stores the
// result.

import {
  type CountryCount,
  type DailyCount,
  type ItemScore,
  STATISTICS_SCHEMA,
  type Statistics,
} from '../contracts/statistics.ts';
import { computeCountryStatistics } from './country-statistics.ts';
import { computeTrend, type ItemTotals, listBest, sumPopularity, sumTrendWindows } from './item-totals.ts';

/**
 * Bayesian average: this many votes at the mean of all votes are added to each item's own, so that items with few votes
 * stay near the mean.
 */
const RATING_PRIOR_VOTES = 10;
/** Items with fewer votes are not listed: if all items have similar ratings, a few votes could top the list. */
const RATING_VOTES_MIN = 5;
/** Votes on the scale of ratings. */
const VOTES: Partial<Record<DailyCount['type'], number>> = { like: 4.5, dislike: 1.5 };
const LIST_LENGTH_MAX = 500;
/** Share of items, the most popular, that are never hidden gems, however well rated. */
const KNOWN_SHARE = 0.2;

/**
 * `today`: days since the epoch, UTC. `popular` contains every item with a positive score, the other lists the best
 * 500. `countries`: counts of the trend's window, by country.
 */
export function computeStatistics(
  counts: readonly DailyCount[],
  countries: readonly CountryCount[],
  today: number,
  computedAt: string,
): Statistics {
  const popularity = sumPopularity(counts, today);
  const popular = listBest(popularity, Number.POSITIVE_INFINITY);
  const bestRated = listBest(averageRatings(sumRatings(counts)), Number.POSITIVE_INFINITY);
  return {
    schema: STATISTICS_SCHEMA,
    computedAt,
    events: counts.reduce((sum, { count }) => sum + count, 0),
    popular,
    trending: listBest(computeTrend(sumTrendWindows(counts, today)), LIST_LENGTH_MAX),
    bestRated: bestRated.slice(0, LIST_LENGTH_MAX),
    ...computeCountryStatistics(countries, popularity, today),
    hiddenGems: listHiddenGems(bestRated, popular),
  };
}

/** `sum`: sum of the votes, on the scale of ratings. */
interface Ratings {
  votes: number;
  sum: number;
}

function sumRatings(counts: readonly DailyCount[]): Map<string, Ratings> {
  const ratings = new Map<string, Ratings>();
  for (const { itemId, type, count, valueSum } of counts) {
    const sum = type === 'rate' ? valueSum : (VOTES[type] ?? 0) * count;
    if (sum === 0) continue;
    const before = ratings.get(itemId) ?? { votes: 0, sum: 0 };
    ratings.set(itemId, { votes: before.votes + count, sum: before.sum + sum });
  }
  return ratings;
}

function averageRatings(ratings: ReadonlyMap<string, Ratings>): ItemTotals {
  const all = { votes: 0, sum: 0 };
  for (const { votes, sum } of ratings.values()) {
    all.votes += votes;
    all.sum += sum;
  }
  const mean = all.votes > 0 ? all.sum / all.votes : 0;
  return new Map(
    [...ratings]
      .filter(([, { votes }]) => votes >= RATING_VOTES_MIN)
      .map(([itemId, { votes, sum }]) => [itemId, (RATING_PRIOR_VOTES * mean + sum) / (RATING_PRIOR_VOTES + votes)]),
  );
}

/** Lists the better half of the rated items without the popular ones; better rated and less known items come first. */
function listHiddenGems(bestRated: readonly ItemScore[], popular: readonly ItemScore[]): ItemScore[] {
  const known = new Map(popular.map(([itemId], rank) => [itemId, 1 - rank / popular.length]));
  const gems = bestRated
    .slice(0, Math.ceil(bestRated.length / 2))
    .filter(([itemId]) => (known.get(itemId) ?? 0) < 1 - KNOWN_SHARE)
    .map(([itemId, rating]): ItemScore => [itemId, rating * (1 - (known.get(itemId) ?? 0))]);
  return listBest(new Map(gems), LIST_LENGTH_MAX);
}
