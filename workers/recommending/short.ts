// Explains an answer that has fewer items than requested because filters removed some. A small catalogue or a rare
// genre does not count, since nothing more was withheld. Not for later pages of a list: they are short where
// the list ends.

import type { Degradation } from '../../models/contracts/gallery.ts';
import { removes } from './filter.ts';
import { createPlayerFilters, createSelectionFilters, type Restrictions, type Selection } from './filters.ts';

/**
 * Lazily yields the items that only the filters of the player, the store's rules or `exclude` remove. `indexes`: among
 * these, by default the whole catalogue.
 */
export function* listRemoved(
  restrictions: Restrictions,
  { genre, exclude }: Selection,
  indexes: Iterable<number> = restrictions.catalogue.columns.listVisible(),
): Generator<number> {
  const { columns } = restrictions.catalogue;
  const wanted = createSelectionFilters({ genre }, columns);
  const filters = [...createSelectionFilters({ exclude }, columns), ...createPlayerFilters(restrictions)];
  for (const index of indexes) if (!removes(wanted, index) && removes(filters, index)) yield index;
}

/** `removed`: the removed items, iterated only if the answer is short, and only as far as needed. */
export function explainShort(shown: number, length: number, removed: Iterable<unknown>): Degradation[] {
  let withheld = 0;
  if (shown < length) for (const _ of removed) if (shown + ++withheld === length) break;
  if (withheld === 0) return [];
  const counted = shown === 0 ? 'No game passes' : `Only ${shown} of ${shown + withheld} games pass`;
  return [{ step: 'filters', reason: `${counted} the filters of the request, the player and the store’s rules.` }];
}
