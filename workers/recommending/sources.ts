// Where candidates come from. Each source is best first, and says why its items are there.

import type { Item } from '../../models/contracts/item.ts';
import type { ItemScore } from '../../models/contracts/statistics.ts';
import type { Found } from './candidates.ts';
import { computeHistorySimilarity, computeItemSimilarity, interpolateScore, listColdStartItems } from './cold-start.ts';
import type { ModelScores, RankingInput } from './ranking-input.ts';
import { searchByTrigrams } from './search.ts';

/** What rules pin by name. */
export function* featured({ catalogue }: RankingInput, itemIds: readonly string[]): Generator<Found> {
  for (const itemId of itemIds) {
    const item = catalogue.get(itemId);
    if (item !== undefined) yield { item, score: 1, reason: 'Featured by the store' };
  }
}

/** What the model scores above zero, the best at 1. The whole vocabulary was scored: there is no approximate index. */
export function* retrieved({ catalogue }: RankingInput, { itemIds, scores }: ModelScores): Generator<Found> {
  let best = 0;
  for (const place of bestFirst(scores)) {
    best ||= scores[place]!;
    const item = catalogue.get(itemIds[place]!);
    if (item !== undefined) yield { item, score: scores[place]! / best, reason: 'Chosen by players like you' };
  }
}

/** More than a page asks for, unless its player has most of them already. */
const FIRST_PLACES = 400;
/** The sign, the exponent and four bits of the fraction: sixteen buckets for each doubling of the score. */
const BUCKET_SHIFT = 19;
const BUCKETS = 1 << (32 - BUCKET_SHIFT);

/**
 * Places of positive score, best first. The best are told from the rest by counting scores into buckets, and only they
 * are put in order: sorting all would cost more than the model does. The bits of positive floats rise as the floats do;
 * the upper ones are buckets on a scale that suits votes as well as probabilities that fall steeply.
 */
function* bestFirst(scores: Float32Array): Generator<number> {
  const bits = new Int32Array(scores.buffer, scores.byteOffset, scores.length);
  const counts = new Int32Array(BUCKETS);
  for (let place = 0; place < scores.length; place++) if (scores[place]! > 0) counts[bits[place]! >> BUCKET_SHIFT]!++;
  let bucket = BUCKETS - 1;
  for (let places = counts[bucket]!; places < FIRST_PLACES && bucket > 0; places += counts[bucket]!) bucket--;

  const placesWhere = (test: (bucket: number) => boolean) => {
    const places: number[] = [];
    for (let place = 0; place < scores.length; place++)
      if (scores[place]! > 0 && test(bits[place]! >> BUCKET_SHIFT)) places.push(place);
    return places.sort((a, b) => scores[b]! - scores[a]!);
  };
  yield* placesWhere((one) => one >= bucket);
  yield* placesWhere((one) => one < bucket);
}

/** Popular first; then, for a store without events yet, whatever the catalogue holds, newest first. */
export function* popular({ catalogue, statistics, today }: RankingInput): Generator<Found> {
  const list = statistics?.popular ?? [];
  const top = list[0]?.[1] ?? 1;
  for (const candidate of fromList(catalogue, list, 'Popular with players'))
    yield { ...candidate, score: candidate.score / top };
  const listed = new Set(list.map(([itemId]) => itemId));
  for (const item of catalogue.newest(today)) {
    if (!listed.has(item.itemId)) yield { item, score: 0, reason: 'New in the store' };
    listed.add(item.itemId);
  }
  for (const item of catalogue.values())
    if (!listed.has(item.itemId) && (item.releaseDate ?? '') <= today) yield { item, score: 0, reason: 'In the store' };
}

/** What is popular in the player's country, where enough is chosen there to tell, and after it what is in the world. */
export function* popularInCountry(input: RankingInput): Generator<Found> {
  const near = getCountryList(input, 'popularByCountry');
  const top = near[0]?.[1] ?? 1;
  let last = 1;
  for (const candidate of fromList(input.catalogue, near, 'Popular in your country')) {
    last = candidate.score / top;
    yield { ...candidate, score: last };
  }
  const listed = new Set(near.map(([itemId]) => itemId));
  for (const candidate of popular(input))
    if (!listed.has(candidate.item.itemId)) yield { ...candidate, score: Math.min(last, candidate.score) };
}

/** Of a country of which nothing is known, none. */
export const getCountryList = (
  { statistics, context }: RankingInput,
  list: 'popularByCountry' | 'trendingByCountry',
): readonly ItemScore[] => statistics?.[list][context.country ?? ''] ?? [];

/** What rises in the player's country, where enough is played there to tell, and after it what rises everywhere. */
export function* trending(input: RankingInput): Generator<Found> {
  const { catalogue, statistics } = input;
  const near = getCountryList(input, 'trendingByCountry');
  const listed = new Set(near.map(([itemId]) => itemId));
  yield* fromList(catalogue, near, 'Played more than usual in your country');
  for (const found of fromList(catalogue, statistics?.trending ?? [], 'Played more than usual in the last days'))
    if (!listed.has(found.item.itemId)) yield found;
}

export const bestRated = ({ catalogue, statistics }: RankingInput): Iterable<Found> =>
  fromList(catalogue, statistics?.bestRated ?? [], 'Rated highly by many players');

export const hiddenGems = ({ catalogue, statistics }: RankingInput): Iterable<Found> =>
  fromList(catalogue, statistics?.hiddenGems ?? [], 'Rated highly by the few who know it');

/** Out already; the newest first. */
export function* newReleases({ catalogue, today }: RankingInput): Generator<Found> {
  const released = catalogue.newest(today);
  for (const [rank, item] of released.entries())
    yield { item, score: 1 - rank / released.length, reason: `Released on ${item.releaseDate}` };
}

/** Items that the words of the query are in, or like what is in them, typing errors forgiven. */
export const searched = ({ catalogue, popularity }: RankingInput, query: string): Found[] =>
  searchByTrigrams(catalogue, popularity, query);

/** Of a list of what goes with a game. */
const SIMILAR_COLD_START_MAX = 3;

/**
 * The neighbours that the release holds of an item, and among them games that came after it, by what the catalogue says of
 * two games; where it holds none, those by the catalogue alone.
 */
export function similar(input: RankingInput, to: Item): Found[] {
  const neighbours = [...fromList(input.catalogue, input.neighboursOf(to.itemId), `Goes with ${to.title}`)];
  if (neighbours.length === 0) return similarByContent(input, to);
  const scores = neighbours.map(({ score }) => score);
  const fresh = listColdStartItems(input)
    .map((item) => ({ item, likeness: computeItemSimilarity(item, to) }))
    .filter(({ likeness }) => likeness > 0)
    .sort((a, b) => b.likeness - a.likeness)
    .slice(0, SIMILAR_COLD_START_MAX)
    .map(({ item, likeness }) => ({ item, score: interpolateScore(scores, likeness), reason: `Like ${to.title}` }));
  return fresh.length === 0 ? neighbours : [...neighbours, ...fresh].sort((a, b) => b.score - a.score);
}

/** Games that came after the release, the likest to what the player took to first. */
export const coldStart = (input: RankingInput): Found[] =>
  listColdStartItems(input)
    .map((item) => ({ item, score: computeHistorySimilarity(item, input), reason: 'Like what you played' }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);

function similarByContent({ catalogue, popularity }: RankingInput, to: Item): Found[] {
  const candidates: Found[] = [];
  for (const item of catalogue.values()) {
    if (item.itemId === to.itemId) continue;
    // Among equals the popular first.
    const score = computeItemSimilarity(item, to);
    if (score > 0)
      candidates.push({ item, score: score + 0.01 * (popularity.get(item.itemId) ?? 0), reason: `Like ${to.title}` });
  }
  return candidates.sort((a, b) => b.score - a.score);
}

function* fromList(catalogue: RankingInput['catalogue'], list: readonly ItemScore[], reason: string): Generator<Found> {
  for (const [itemId, score] of list) {
    const item = catalogue.get(itemId);
    if (item !== undefined) yield { item, score, reason };
  }
}
