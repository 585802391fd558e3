// Columns that grow: typed arrays whose capacity at least doubles, so that appending item by item stays cheap.

type Column = Uint8Array | Int8Array | Int32Array | Uint32Array | Float64Array;

/** Returns a column of at least this length with the same values, then zeros; the same one if it is long enough. */
export function growColumn<T extends Column>(column: T, length: number): T {
  if (length <= column.length) return column;
  const grown = new (column.constructor as new (length: number) => T)(Math.max(length, 2 * column.length));
  grown.set(column);
  return grown;
}
