// Lists that are the same for everybody: what goes with a game, what is popular, trending, new, best rated. They rank nothing:
// the order is the source's own.

import type { RecommendedItem } from '../../models/contracts/gallery.ts';
import type { Item } from '../../models/contracts/item.ts';
import { type Filter, type Found, findFilterReason, take, toItem } from './candidates.ts';
import { filtersForPlayer, inGenre } from './filters.ts';
import type { RankingInput } from './ranking-input.ts';
import { bestRated, newReleases, popular, similar, trending } from './sources.ts';

/** What goes with an item. */
export const recommendSimilar = (input: RankingInput, to: Item, length: number): RecommendedItem[] =>
  listAllowed(input, similar(input, to), length);

/** One of the lists that are the same for everybody. */
export function recommendList(
  input: RankingInput,
  list: keyof typeof LISTS,
  length: number,
  genre?: string,
): RecommendedItem[] {
  const items = listAllowed(input, LISTS[list](input), length, inGenre(genre));
  if (list === 'popular') return items;
  // Too few events, or votes, for a list of this kind: what is popular stands in, and says so by its reason.
  const already = new Set(items.map(({ itemId }) => itemId));
  const notListed: Filter = ({ itemId }) => (already.has(itemId) ? 'listed' : undefined);
  return [...items, ...listAllowed(input, popular(input), length - items.length, [notListed, ...inGenre(genre)])];
}

const LISTS = { popular, trending, 'best-rated': bestRated, new: newReleases };

function listAllowed(
  input: RankingInput,
  found: Iterable<Found>,
  length: number,
  more: Filter[] = [],
): RecommendedItem[] {
  const filters = [...more, ...filtersForPlayer(input)];
  const allowed = function* () {
    for (const one of found) if (findFilterReason(one.item, filters) === undefined) yield one;
  };
  return take(allowed(), length).map((one) => toItem(one));
}
