// Games that the release in use does not know: they came after it was trained, or hardly anybody has chosen them. What the catalogue says of them is compared with
// what it says of games that are known, so that they are found at once. Where there is no release there are none.

import type { Item } from '../../models/contracts/item.ts';
import type { Catalogue } from '../storage/catalogue.ts';
import { similarityOf } from './diversity.ts';
import type { RankingInput } from './ranking-input.ts';

/** Of a store that has just been doubled: the newest. */
const COLD_START_MAX = 200;
/** Of the history, those that a game is compared with. */
const COMPARED_MAX = 20;
/** The same maker says a little more than any one label. */
const MAKER_LIKENESS = 0.2;
/** Behind so many of those that a model knows stands a game that is wholly alike; one half alike behind twice as many. */
const PLACES_BEFORE = 4;

interface Known {
  learnt: ReadonlyMap<string, number>;
  changes: number;
  today: string;
  items: readonly Item[];
}
const known = new WeakMap<Catalogue, Known>();

/** The newest of the released games that the release does not know; found once for a state of the catalogue and a release. */
export function listColdStartItems({
  catalogue,
  releaseItems: learnt,
  today,
}: Pick<RankingInput, 'catalogue' | 'releaseItems' | 'today'>) {
  if (learnt === null) return [];
  const before = known.get(catalogue);
  if (before?.learnt === learnt && before.changes === catalogue.changes && before.today === today) return before.items;
  const items: Item[] = [];
  for (const item of catalogue.values())
    if (!learnt.has(item.itemId) && (item.releaseDate ?? '') <= today) items.push(item);
  const newestFirst = ({ releaseDate, itemId }: Item) => `${releaseDate ?? ''} ${itemId}`;
  items.sort((a, b) => (newestFirst(a) > newestFirst(b) ? -1 : 1));
  const newest = items.slice(0, COLD_START_MAX);
  known.set(catalogue, { learnt, changes: catalogue.changes, today, items: newest });
  return newest;
}

/** Jaccard index of genres and tags, 0–1, and a little more for the same maker. */
export const computeItemSimilarity = (a: Item, b: Item): number =>
  similarityOf(a, b) + (a.developer !== null && a.developer === b.developer ? MAKER_LIKENESS : 0);

/**
 * What a game this like (0–1) scores among those that a model has scored, best first: as much as the one that it stands
 * behind; beyond their end ever less. By place, since one model's tenth scores a tenth of its first and another's nine tenths.
 */
export function interpolateScore(scores: readonly number[], likeness: number): number {
  const place = Math.ceil(PLACES_BEFORE / likeness);
  return scores[place - 1] ?? ((scores.at(-1) ?? 0) * scores.length) / place;
}

/** How like it is to what the player took to, the likest counting, each as much as it weighs. */
export function computeHistorySimilarity(
  item: Item,
  { user, catalogue }: Pick<RankingInput, 'user' | 'catalogue'>,
): number {
  let most = 0;
  let compared = 0;
  for (const { itemId, weight } of user.history) {
    const own = weight > 0 ? catalogue.get(itemId) : undefined;
    if (own === undefined) continue;
    most = Math.max(most, Math.min(1, weight) * computeItemSimilarity(item, own));
    if (++compared === COMPARED_MAX) break;
  }
  return most;
}
