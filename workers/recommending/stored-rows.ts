// Filters the rows of a stored gallery down to what may be shown now.

import type { GalleryRow } from '../../models/contracts/gallery.ts';
import { type Filter, removes } from './filter.ts';
import { createNamingFilters, createPlayerFilters, type Restrictions } from './filters.ts';
import { parseRowId, ROWS } from './rows.ts';

/**
 * Removes items that are gone or filtered, and rows whose title names such an item. A row that names an item missing
 * from the catalogue is removed too, since the item cannot be checked.
 */
export function filterStoredRows(rows: readonly GalleryRow[], input: Restrictions): GalleryRow[] {
  const namingFilters = createNamingFilters(input);
  // Many rows have the same filters, and creating them reads the player's whole history.
  const created = new Map<typeof createPlayerFilters, Filter[]>();
  const openFilters = (createFilters: typeof createPlayerFilters): Filter[] => {
    const filters = created.get(createFilters) ?? createFilters(input);
    created.set(createFilters, filters);
    return filters;
  };
  const isAllowed = (itemId: string, filters: readonly Filter[]) => {
    const index = input.catalogue.columns.find(itemId);
    return index >= 0 && !removes(filters, index);
  };
  return rows.flatMap((row) => {
    const parsed = parseRowId(row.id);
    if (parsed?.kind === 'because' && !isAllowed(parsed.key, namingFilters)) return [];
    const filters = openFilters(parsed === undefined ? createPlayerFilters : ROWS[parsed.kind].createFilters);
    const items = row.items.filter(({ itemId }) => isAllowed(itemId, filters));
    return items.length === 0 ? [] : [{ ...row, items }];
  });
}
