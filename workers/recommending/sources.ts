// Candidate sources that are the same for everybody, or for everybody in a country. Each yields the best first, with
// its reason. Personal sources: model-source.ts, similar.ts, search.ts, history-sources.ts.

import type { ItemScore } from '../../models/contracts/statistics.ts';
import { POPULARITY_MIN } from '../../models/features/popularity-and-trends.ts';
import type { Candidate } from './candidates.ts';
import type { RankingInput } from './ranking-input.ts';
import { searchByTrigrams } from './search.ts';

/** Items that rules pin by id. */
export function* retrievePinned({ catalogue }: RankingInput, itemIds: readonly string[]): Generator<Candidate> {
  for (const itemId of itemIds) {
    const item = catalogue.get(itemId);
    if (item !== undefined) yield { item, score: 1, reason: 'Featured by the store' };
  }
}

/** Popular items; then the rest of the catalogue, newest first, so that a store without events has candidates too. */
export function* retrievePopular({ catalogue, statistics, today }: RankingInput): Generator<Candidate> {
  const list = statistics?.popular ?? [];
  const top = list[0]?.[1] ?? 1;
  for (const { item, score } of readList(catalogue, list, ''))
    yield { item, score: score / top, reason: describeWorld(score) };
  const listed = new Set(list.map(([itemId]) => itemId));
  for (const item of catalogue.newest(today)) {
    if (!listed.has(item.itemId)) yield { item, score: 0, reason: 'New in the store' };
    listed.add(item.itemId);
  }
  for (const item of catalogue.values())
    if (!listed.has(item.itemId) && (item.releaseDate ?? '') <= today) yield { item, score: 0, reason: 'In the store' };
}

const describeWorld = (score: number): string => (score >= POPULARITY_MIN ? 'Popular with players' : 'In the store');

/**
 * Popular items in the player's country, if there is enough data; then worldwide. The country's list is smoothed with
 * the world's, so it has items that nobody there has played.
 */
export function* retrievePopularNearby(input: RankingInput): Generator<Candidate> {
  const { catalogue, statistics, popularity } = input;
  const nearby = getCountryList(input, 'popularByCountry');
  const top = nearby[0]?.[1] ?? 1;
  const worldTop = statistics?.popular[0]?.[1] ?? 0;
  let last = 1;
  for (const { item, score } of readList(catalogue, nearby, '')) {
    last = score / top;
    const reason = isPopularInCountry(input, item.itemId)
      ? 'Popular in your country'
      : describeWorld((popularity.get(item.itemId) ?? 0) * worldTop);
    yield { item, score: last, reason };
  }
  const listed = new Set(nearby.map(([itemId]) => itemId));
  for (const candidate of retrievePopular(input))
    if (!listed.has(candidate.item.itemId)) yield { ...candidate, score: Math.min(last, candidate.score) };
}

/** True if players of the player's country made the item popular. */
export const isPopularInCountry = ({ statistics, context }: RankingInput, itemId: string): boolean =>
  statistics?.ownPopularByCountry[context.country ?? '']?.includes(itemId) ?? false;

/** Empty without statistics of the player's country. */
export const getCountryList = (
  { statistics, context }: RankingInput,
  list: 'popularByCountry' | 'trendingByCountry',
): readonly ItemScore[] => statistics?.[list][context.country ?? ''] ?? [];

/** Trending items in the player's country, if there is enough data; then worldwide. */
export function* retrieveTrending(input: RankingInput): Generator<Candidate> {
  const { catalogue, statistics } = input;
  const nearby = getCountryList(input, 'trendingByCountry');
  const listed = new Set(nearby.map(([itemId]) => itemId));
  yield* readList(catalogue, nearby, 'Played more than usual in your country');
  for (const candidate of readList(
    catalogue,
    statistics?.trending ?? [],
    'Played more than usual in the last few days',
  ))
    if (!listed.has(candidate.item.itemId)) yield candidate;
}

export const retrieveBestRated = ({ catalogue, statistics }: RankingInput): Iterable<Candidate> =>
  readList(catalogue, statistics?.bestRated ?? [], 'Rated highly by many players');

export const retrieveHiddenGems = ({ catalogue, statistics }: RankingInput): Iterable<Candidate> =>
  readList(catalogue, statistics?.hiddenGems ?? [], 'Rated highly by the few who know it');

/** Released items, newest first. */
export function* retrieveNewReleases({ catalogue, today }: RankingInput): Generator<Candidate> {
  const released = catalogue.newest(today);
  for (const [rank, item] of released.entries())
    yield { item, score: 1 - rank / released.length, reason: `Released on ${item.releaseDate}` };
}

/** Items whose text resembles the query, despite typing errors. */
export const retrieveSearched = ({ catalogue, popularity }: RankingInput, query: string): Candidate[] =>
  searchByTrigrams(catalogue, popularity, query);

/** An item at least this popular (the most popular is 1) needs no exploration. */
const KNOWN_POPULARITY = 0.02;
const UNEXPLORED_MAX = 60;

/** The newest released items with hardly any interactions. */
export function* retrieveUnexplored({ catalogue, popularity, today }: RankingInput): Generator<Candidate> {
  let retrieved = 0;
  for (const item of catalogue.newest(today)) {
    if ((popularity.get(item.itemId) ?? 0) >= KNOWN_POPULARITY) continue;
    yield { item, score: 1, reason: 'New here: be among the first to try it' };
    if (++retrieved === UNEXPLORED_MAX) return;
  }
}

function* readList(
  catalogue: RankingInput['catalogue'],
  list: readonly ItemScore[],
  reason: string,
): Generator<Candidate> {
  for (const [itemId, score] of list) {
    const item = catalogue.get(itemId);
    if (item !== undefined) yield { item, score, reason };
  }
}
