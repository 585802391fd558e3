// Filters the rows of a gallery that was stored, as they may be shown now.

import type { GalleryRow } from '../../models/contracts/gallery.ts';
import { findFilterReason } from './filter.ts';
import { createNamingFilters, createPlayerFilters, type Restrictions } from './filters.ts';
import type { RankingInput } from './ranking-input.ts';
import { parseRowId, ROWS } from './rows.ts';

/**
 * Leaves out items that are gone or filtered, and rows whose title names such an item. A row that names an item which
 * the catalogue does not hold goes too: nothing is known of that item.
 */
export function filterStoredRows(
  rows: readonly GalleryRow[],
  input: Restrictions & Pick<RankingInput, 'catalogue'>,
): GalleryRow[] {
  const namingFilters = createNamingFilters(input);
  const isAllowed = (itemId: string, filters: ReturnType<typeof createNamingFilters>) => {
    const item = input.catalogue.get(itemId);
    return item !== undefined && findFilterReason(item, filters) === undefined;
  };
  return rows.flatMap((row) => {
    const parsed = parseRowId(row.id);
    if (parsed?.kind === 'because' && !isAllowed(parsed.key, namingFilters)) return [];
    const filters = (parsed === undefined ? createPlayerFilters : ROWS[parsed.kind].createFilters)(input);
    const items = row.items.filter(({ itemId }) => isAllowed(itemId, filters));
    return items.length === 0 ? [] : [{ ...row, items }];
  });
}
