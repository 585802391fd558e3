// Popularity, trend and rating of every item from counts of players. Pure: workers/storage reads the counts,
// workers/offline stores the result.

import {
  type ItemRating,
  type ItemScore,
  type PlayerCounts,
  STATISTICS_SCHEMA,
  type Statistics,
} from '../contracts/statistics.ts';
import { computeCountryStatistics } from './country-statistics.ts';
import { computeTrend, getPopularity, listBest } from './popularity-and-trends.ts';

/**
 * Bayesian average: this many votes at the mean of all votes are added to each item's own, so that items with few votes
 * stay near the mean.
 */
const RATING_PRIOR_VOTES = 10;
/** Items with fewer votes are not listed: if all items have similar ratings, a few votes could top the list. */
const RATING_VOTES_MIN = 5;
const LIST_LENGTH_MAX = 500;
/** Share of items, the most popular, that are never hidden gems, however well rated. */
const KNOWN_SHARE = 0.2;
const DAY_MS = 86_400_000;

/** `popular` contains every item with a positive score, the other lists the best 500. */
export function computeStatistics(
  { world, countries, ratings, anchorDay }: PlayerCounts,
  computedAt: string,
): Statistics {
  const popularity = getPopularity(world);
  const popular = listBest(popularity, Number.POSITIVE_INFINITY);
  const bestRated = listBest(averageRatings(ratings), Number.POSITIVE_INFINITY);
  return {
    schema: STATISTICS_SCHEMA,
    computedAt,
    popular,
    popularUntil: anchorDay === null ? null : new Date(anchorDay * DAY_MS).toISOString().slice(0, 10),
    trending: listBest(computeTrend(world), LIST_LENGTH_MAX),
    bestRated: bestRated.slice(0, LIST_LENGTH_MAX),
    ...computeCountryStatistics(countries, popularity),
    hiddenGems: listHiddenGems(bestRated, popular),
  };
}

function averageRatings(ratings: readonly ItemRating[]): ReadonlyMap<string, number> {
  const all = { votes: 0, sum: 0 };
  for (const { votes, sum } of ratings) {
    all.votes += votes;
    all.sum += sum;
  }
  const mean = all.votes > 0 ? all.sum / all.votes : 0;
  return new Map(
    ratings
      .filter(({ votes }) => votes >= RATING_VOTES_MIN)
      .map(({ itemId, votes, sum }) => [itemId, (RATING_PRIOR_VOTES * mean + sum) / (RATING_PRIOR_VOTES + votes)]),
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
