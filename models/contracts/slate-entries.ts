// The entries of a slate as columns, in the queue and in R2: a slate's message is less than half as large as with
// objects. It reads no store.

import { z } from 'zod';

/** One item that was shown. */
export interface SlateEntry {
  itemId: string;
  /** The row's id, its index on the page and the item's column in it, from 0. */
  rowId: string;
  row: number;
  column: number;
  /**
   * Probability of this item in this column, given all but the random draws of its own row; 1 if nothing is drawn.
   * Ignores that an item may be in a later row because the first row did not draw it.
   */
  propensity: number;
  /** True if the item got its column by exploration: it was drawn, or its row was shuffled. */
  exploration: boolean;
  /** True if it is among the shuffled items of its row; pins are not. */
  shuffled: boolean;
}

const integers = z.array(z.number().int());

/** All but `rowIds` have a value for each entry. */
export const SlateEntries = z
  .object({
    itemIds: z.array(z.string()),
    /** By row of the page. */
    rowIds: z.array(z.string()),
    rows: integers,
    columns: integers,
    propensities: z.array(z.number()),
    /** EXPLORED and SHUFFLED, added up. */
    flags: integers,
  })
  .refine(
    ({ itemIds: { length }, rows, columns, propensities, flags }) =>
      [rows, columns, propensities, flags].every((column) => column.length === length),
    'has columns of different lengths',
  );
export type SlateEntries = z.infer<typeof SlateEntries>;

const EXPLORED = 1;
const SHUFFLED = 2;

/** `rowIds`: by row of the page. */
export const emptyEntries = (rowIds: string[]): SlateEntries => ({
  ...{ itemIds: [], rowIds, rows: [], columns: [], propensities: [], flags: [] },
});

/** Appends an entry; the entries already have its row's id. */
export function addEntry(
  entries: SlateEntries,
  { itemId, row, column, propensity, exploration, shuffled }: Omit<SlateEntry, 'rowId'>,
): void {
  entries.itemIds.push(itemId);
  entries.rows.push(row);
  entries.columns.push(column);
  entries.propensities.push(propensity);
  entries.flags.push((exploration ? EXPLORED : 0) + (shuffled ? SHUFFLED : 0));
}

export const listEntries = ({ itemIds, rowIds, rows, columns, propensities, flags }: SlateEntries): SlateEntry[] =>
  itemIds.map((itemId, at) => ({
    itemId,
    rowId: rowIds[rows[at]!] ?? '',
    row: rows[at]!,
    column: columns[at]!,
    propensity: propensities[at]!,
    exploration: (flags[at]! & EXPLORED) !== 0,
    shuffled: (flags[at]! & SHUFFLED) !== 0,
  }));
