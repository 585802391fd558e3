// Cold-start items: items that the model release in use does not know, because they are newer or have had hardly any
// interactions. They are scored by similarity to known items. Without a release there are none.

import type { Item } from '../../models/contracts/item.ts';
import { computeJaccard, getLabels } from '../../models/features/similarity.ts';
import type { Catalogue } from '../storage/catalogue.ts';
import type { RankingInput } from './ranking-input.ts';

/** Only the newest count if a store has just doubled its catalogue. */
const COLD_START_ITEMS_MAX = 200;
/** An item is compared with this many items of the history. */
const COMPARED_MAX = 20;
/** The same developer counts a little more than any one label. */
const DEVELOPER_SIMILARITY = 0.2;
/** An item of similarity 1 ranks behind this many items, one of similarity ½ behind twice as many. */
const ITEMS_BEFORE = 4;

interface ColdStartItems {
  releaseItems: ReadonlyMap<string, number>;
  changes: number;
  today: string;
  items: readonly Item[];
}
const cache = new WeakMap<Catalogue, ColdStartItems>();

/** Already out and unknown to the release, newest first. Computed once per state of catalogue and release. */
export function listColdStartItems({
  catalogue,
  releaseItems,
  today,
}: Pick<RankingInput, 'catalogue' | 'releaseItems' | 'today'>): readonly Item[] {
  if (releaseItems === null) return [];
  const { changes } = catalogue;
  const known = cache.get(catalogue);
  if (known?.releaseItems === releaseItems && known.changes === changes && known.today === today) return known.items;
  const unknown: Item[] = [];
  for (const item of catalogue.values())
    if (!releaseItems.has(item.itemId) && (item.releaseDate ?? '') <= today) unknown.push(item);
  const sortKey = ({ releaseDate, itemId }: Item) => `${releaseDate ?? ''} ${itemId}`;
  const items = unknown.sort((a, b) => (sortKey(a) > sortKey(b) ? -1 : 1)).slice(0, COLD_START_ITEMS_MAX);
  cache.set(catalogue, { releaseItems, changes, today, items });
  return items;
}

/** Jaccard index of genres and tags, and a little more for the same developer: 0–1.2. */
export const computeItemSimilarity = (a: Item, b: Item): number =>
  computeJaccard(getLabels(a), getLabels(b)) +
  (a.developer !== null && a.developer === b.developer ? DEVELOPER_SIMILARITY : 0);

/**
 * The score of a cold-start item among items that a model scored, best first: the score of the item it ranks behind,
 * decreasing further beyond the last one. By rank, since one model's tenth score is a tenth of its first and another's
 * nine tenths (docs/decisions/0012).
 */
export function scoreAtRank(scores: readonly number[], similarity: number): number {
  const rank = Math.ceil(ITEMS_BEFORE / similarity);
  return scores[rank - 1] ?? ((scores.at(-1) ?? 0) * scores.length) / rank;
}

/** Similarity to the most similar item of the history, each weighted by the player's engagement with it. */
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
