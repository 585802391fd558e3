// Explains an answer that has fewer items than requested because filters removed some. A small catalogue or a rare
// genre does not count, since nothing more was withheld. Not for later pages of a list: they are short where
// the list ends.

import type { Degradation } from '../../models/contracts/gallery.ts';
import type { Item } from '../../models/contracts/item.ts';
import { take } from './candidates.ts';
import { findFilterReason } from './filter.ts';
import { createPlayerFilters, createSelectionFilters, type Restrictions, type Selection } from './filters.ts';

/** Lazily yields the items that only the filters of the player, the store's rules or `exclude` remove. */
export function* listRemoved(
  restrictions: Restrictions,
  items: Iterable<Item>,
  { genre, exclude }: Selection = {},
): Generator<Item> {
  const wanted = createSelectionFilters({ genre });
  const filters = [...createSelectionFilters({ exclude }), ...createPlayerFilters(restrictions)];
  for (const item of items)
    if (findFilterReason(item, wanted) === undefined && findFilterReason(item, filters) !== undefined) yield item;
}

/** `removed`: iterated only if the answer is short, and only as far as needed. */
export function explainShort(shown: number, length: number, removed: Iterable<Item>): Degradation[] {
  if (shown >= length) return [];
  const withheld = take(removed, length - shown).length;
  if (withheld === 0) return [];
  const counted = shown === 0 ? 'No game passes' : `Only ${shown} of ${shown + withheld} games pass`;
  return [{ step: 'filters', reason: `${counted} the filters of the request, the player and the store’s rules.` }];
}
