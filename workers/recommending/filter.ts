// A filter decides whether an item may be shown, and explains why not only when asked.

export interface Filter {
  removes(index: number): boolean;
  /** The item indexes that it removes, if it is a list of them; −1 for items that the catalogue has never had. */
  listed?: ReadonlySet<number>;
  /** Undefined for a player's own filter; filters with the same key remove the same items of a catalogue. */
  key?: string;
  /** For items that it removes. */
  explain(index: number): string;
}

/** True if any of the filters removes the item. */
export function removes(filters: readonly Pick<Filter, 'removes'>[], index: number): boolean {
  for (const filter of filters) if (filter.removes(index)) return true;
  return false;
}

/** Undefined if the item may be shown. */
export const findFilterReason = (filters: readonly Filter[], index: number): string | undefined =>
  filters.find((filter) => filter.removes(index))?.explain(index);
