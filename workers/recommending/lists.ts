// Lists that are the same for everybody: similar, popular, trending, best-rated and new items. They are not ranked for
// the player; items that must not be shown are left out.

import type { RecommendedItem } from '../../models/contracts/gallery.ts';
import { toRecommendedItem } from './candidates.ts';
import type { Filter } from './filter.ts';
import { createListFilter, createPlayerFilters, createSelectionFilters, type Selection } from './filters.ts';
import type { RankingInput } from './ranking-input.ts';
import { filterSource, fromItems, type ShownItem, type Source, take } from './source.ts';
import { retrieveBestRated, retrieveNewReleases, retrievePopular, retrieveTrending } from './sources.ts';

const LISTS = {
  popular: retrievePopular,
  trending: retrieveTrending,
  'best-rated': retrieveBestRated,
  new: retrieveNewReleases,
};

/** `similar`: the neighbours of an item, nearest first. */
export const recommendSimilar = (
  input: RankingInput,
  similar: readonly ShownItem[],
  length: number,
  selection: Selection = {},
): RecommendedItem[] => {
  const { offset = 0 } = selection;
  const filters = createSelectionFilters(selection, input.catalogue.columns);
  return listItems(input, fromItems(similar), offset + length, filters).slice(offset);
};

/** Popular items fill up a short list; their reasons say so. */
export function recommendList(
  input: RankingInput,
  list: keyof typeof LISTS,
  length: number,
  selection: Selection = {},
): RecommendedItem[] {
  const { offset = 0 } = selection;
  const { columns } = input.catalogue;
  const filters = createSelectionFilters(selection, columns);
  const items = listItems(input, LISTS[list](input), offset + length, filters);
  if (list === 'popular') return items.slice(offset);
  const isListed = createListFilter(
    items.map(({ itemId }) => itemId),
    columns,
    'listed',
  );
  const missing = offset + length - items.length;
  return [...items, ...listItems(input, retrievePopular(input), missing, [isListed, ...filters])].slice(offset);
}

const listItems = (
  input: RankingInput,
  source: Source,
  length: number,
  filters: readonly Filter[] = [],
): RecommendedItem[] =>
  take(filterSource(source, [...filters, ...createPlayerFilters(input)]), length).map((item) =>
    toRecommendedItem(item, input.catalogue.columns),
  );
