// Popularity, trend and rating of every item from daily counts. Pure: the job that reads the counts and stores the
// result is workers/offline.

import { type EventType, RETRACTIONS } from '../contracts/event.ts';
import {
  type CountryCount,
  type DailyCount,
  type ItemScore,
  STATISTICS_SCHEMA,
  type Statistics,
} from '../contracts/statistics.ts';
import { weighEvent } from './weights.ts';

const POPULARITY_HALF_LIFE_DAYS = 14;
/** Trending compares these newest days with the days before them, as far back as the window. */
const TREND_RECENT_DAYS = 3;
const TREND_WINDOW_DAYS = 28;
/** Pretended events per window, so that a rise from one to three is no trend. */
const TREND_SMOOTHING = 3;
/** Pretended votes at the mean of all votes (Bayesian average), so that few votes stay near the mean … */
const RATING_PRIOR_VOTES = 10;
/** … and where all are rated alike, few votes still could lead: with fewer than these an item is not listed. */
const RATING_VOTES_MIN = 5;
/** On the scale of ratings. Taking back a like takes back its vote. */
const VOTES: Record<string, number> = { like: 4.5, unlike: -4.5, dislike: 1.5 };
const LIST_LENGTH_MAX = 500;

/** A country with less weight of events in the recent days has no trend of its own. */
const COUNTRY_WEIGHT_MIN = 100;
/** Of the world's popularity, pretended to be the country's own. */
const COUNTRY_PRIOR_WEIGHT = 1_000;
const COUNTRIES_MAX = 60;
const COUNTRY_LIST_LENGTH = 60;
/** The share of the most popular games that are no hidden gems, however well rated. */
const KNOWN_SHARE = 0.2;

/**
 * `today`: days since the epoch, UTC. `popular` holds every item with a positive score, the others the best 500.
 * `countries`: counts of the trend's window, by country.
 */
export function computeStatistics(
  counts: readonly DailyCount[],
  countries: readonly CountryCount[],
  today: number,
  computedAt: string,
): Statistics {
  const popularity = new Map<string, number>();
  const recent = new Map<string, number>();
  const before = new Map<string, number>();
  const ratings = new Map<string, { votes: number; sum: number }>();
  let events = 0;
  const add = (totals: Map<string, number>, itemId: string, amount: number) =>
    totals.set(itemId, (totals.get(itemId) ?? 0) + amount);

  for (const { itemId, type, day, count, valueSum } of counts) {
    events += count;
    const age = Math.max(0, today - day);
    const weight = weighCount(type as EventType, count, valueSum);
    add(popularity, itemId, weight * 0.5 ** (age / POPULARITY_HALF_LIFE_DAYS));
    if (isRise(type as EventType, weight) && age < TREND_WINDOW_DAYS)
      add(age < TREND_RECENT_DAYS ? recent : before, itemId, weight);
    const vote = asVotes(type, count, valueSum);
    if (vote !== 0) {
      const rating = ratings.get(itemId) ?? { votes: 0, sum: 0 };
      ratings.set(itemId, { votes: rating.votes + Math.sign(vote) * count, sum: rating.sum + vote });
    }
  }

  const popular = best(popularity, Number.POSITIVE_INFINITY);
  const bestRated = best(bayesianAverage(ratings), Number.POSITIVE_INFINITY);
  return {
    schema: STATISTICS_SCHEMA,
    computedAt,
    events,
    popular,
    trending: best(trend(recent, before), LIST_LENGTH_MAX),
    bestRated: bestRated.slice(0, LIST_LENGTH_MAX),
    ...describeCountries(countries, popularity, today),
    hiddenGems: findGems(bestRated, popular),
  };
}

/** A retraction weighs as much as what it takes back, with the opposite sign. */
function weighCount(type: EventType, count: number, valueSum: number): number {
  const retracted = RETRACTIONS[type];
  return retracted === undefined
    ? weighEvent({ type, value: valueSum / count }) * count
    : -weighEvent({ type: retracted, value: null }) * count;
}

/** A dismissal that is taken back is no sign of rising interest. */
const isRise = (type: EventType, weight: number): boolean => weight > 0 && RETRACTIONS[type] === undefined;

/** Of the countries where most happens, those where enough does. */
function describeCountries(
  counts: readonly CountryCount[],
  popularity: ReadonlyMap<string, number>,
  today: number,
): Pick<Statistics, 'trendingByCountry' | 'popularByCountry'> {
  const lists = [...Map.groupBy(counts, ({ country }) => country)].flatMap(([country, own]) => {
    const windows = { recent: new Map<string, number>(), before: new Map<string, number>() };
    const chosen = new Map<string, number>();
    let recentWeight = 0;
    for (const { itemId, type, day, count, valueSum } of own) {
      const weight = weighCount(type as EventType, count, valueSum);
      const age = Math.max(0, today - day);
      if (!isRise(type as EventType, weight) || age >= TREND_WINDOW_DAYS) continue;
      const isRecent = age < TREND_RECENT_DAYS;
      const totals = isRecent ? windows.recent : windows.before;
      totals.set(itemId, (totals.get(itemId) ?? 0) + weight);
      chosen.set(itemId, (chosen.get(itemId) ?? 0) + weight * 0.5 ** (age / POPULARITY_HALF_LIFE_DAYS));
      if (isRecent) recentWeight += weight;
    }
    return recentWeight < COUNTRY_WEIGHT_MIN
      ? []
      : [
          {
            country,
            recentWeight,
            trending: best(trend(windows.recent, windows.before), COUNTRY_LIST_LENGTH),
            popular: best(leanToWorld(chosen, popularity), COUNTRY_LIST_LENGTH),
          },
        ];
  });
  const listed = lists.sort((a, b) => b.recentWeight - a.recentWeight).slice(0, COUNTRIES_MAX);
  return {
    trendingByCountry: Object.fromEntries(listed.map(({ country, trending }) => [country, trending])),
    popularByCountry: Object.fromEntries(listed.map(({ country, popular }) => [country, popular])),
  };
}

/** As if so much more had been chosen there as it is in the world: few choices of its own change little. */
function leanToWorld(chosen: ReadonlyMap<string, number>, world: ReadonlyMap<string, number>): Map<string, number> {
  let all = 0;
  for (const weight of world.values()) all += Math.max(0, weight);
  const leant = new Map(chosen);
  for (const [itemId, weight] of world)
    if (weight > 0) leant.set(itemId, (leant.get(itemId) ?? 0) + (COUNTRY_PRIOR_WEIGHT * weight) / all);
  return leant;
}

/** Rated above the middle of the rated, and not among the popular; the better rated and the less known first. */
function findGems(rated: readonly ItemScore[], popular: readonly ItemScore[]): ItemScore[] {
  const known = new Map(popular.map(([itemId], rank) => [itemId, 1 - rank / popular.length]));
  const gems = rated
    .slice(0, Math.ceil(rated.length / 2))
    .map(([itemId, rating]): ItemScore => [itemId, rating * (1 - (known.get(itemId) ?? 0))])
    .filter(([itemId]) => (known.get(itemId) ?? 0) < 1 - KNOWN_SHARE);
  return best(new Map(gems), LIST_LENGTH_MAX);
}

const asVotes = (type: string, count: number, valueSum: number): number =>
  type === 'rate' ? valueSum : (VOTES[type] ?? 0) * count;

/** Standard deviations by which the recent days exceed what the item's own past leads one to expect. */
function trend(recent: ReadonlyMap<string, number>, before: ReadonlyMap<string, number>): Map<string, number> {
  const share = TREND_RECENT_DAYS / (TREND_WINDOW_DAYS - TREND_RECENT_DAYS);
  const rises = new Map<string, number>();
  for (const [itemId, now] of recent) {
    const expected = (before.get(itemId) ?? 0) * share + TREND_SMOOTHING;
    const rise = (now - expected) / Math.sqrt(expected);
    if (rise > 0) rises.set(itemId, rise);
  }
  return rises;
}

function bayesianAverage(ratings: ReadonlyMap<string, { votes: number; sum: number }>): Map<string, number> {
  let votes = 0;
  let sum = 0;
  for (const rating of ratings.values()) {
    votes += rating.votes;
    sum += rating.sum;
  }
  const mean = votes > 0 ? sum / votes : 0;
  return new Map(
    [...ratings]
      .filter(([, rating]) => rating.votes >= RATING_VOTES_MIN)
      .map(([itemId, rating]) => [
        itemId,
        (RATING_PRIOR_VOTES * mean + rating.sum) / (RATING_PRIOR_VOTES + rating.votes),
      ]),
  );
}

const best = (scores: ReadonlyMap<string, number>, length: number): ItemScore[] =>
  [...scores]
    .filter(([, score]) => score > 0)
    .sort(([idA, a], [idB, b]) => b - a || (idA < idB ? -1 : 1))
    .slice(0, length);
