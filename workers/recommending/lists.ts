// Lists that are the same for everybody: similar, popular, trending, best-rated and new items. They are not ranked for
// the player; items that must not be shown are left out.

import type { RecommendedItem } from '../../models/contracts/gallery.ts';
import type { Item } from '../../models/contracts/item.ts';
import { type Candidate, take, toRecommendedItem } from './candidates.ts';
import { type Filter, filterCandidates } from './filter.ts';
import { createGenreFilters, createPlayerFilters } from './filters.ts';
import type { RankingInput } from './ranking-input.ts';
import { retrieveSimilar } from './similar.ts';
import { retrieveBestRated, retrieveNewReleases, retrievePopular, retrieveTrending } from './sources.ts';

const LISTS = {
  popular: retrievePopular,
  trending: retrieveTrending,
  'best-rated': retrieveBestRated,
  new: retrieveNewReleases,
};

export const recommendSimilar = (input: RankingInput, to: Item, length: number): RecommendedItem[] =>
  listItems(input, retrieveSimilar(input, to), length);

/** Popular items fill up a short list; their reasons say so. */
export function recommendList(
  input: RankingInput,
  list: keyof typeof LISTS,
  length: number,
  genre?: string,
): RecommendedItem[] {
  const genreFilters = createGenreFilters(genre);
  const items = listItems(input, LISTS[list](input), length, genreFilters);
  if (list === 'popular') return items;
  const listed = new Set(items.map(({ itemId }) => itemId));
  const isListed: Filter = ({ itemId }) => (listed.has(itemId) ? 'listed' : undefined);
  return [...items, ...listItems(input, retrievePopular(input), length - items.length, [isListed, ...genreFilters])];
}

const listItems = (
  input: RankingInput,
  candidates: Iterable<Candidate>,
  length: number,
  filters: readonly Filter[] = [],
): RecommendedItem[] =>
  take(filterCandidates(candidates, [...filters, ...createPlayerFilters(input)]), length).map(toRecommendedItem);
