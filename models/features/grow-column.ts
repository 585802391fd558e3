// Columns that grow: typed arrays whose capacity grows by a share, so that appending item by item stays cheap.

type Column = Uint8Array | Int8Array | Uint16Array | Int16Array | Int32Array | Uint32Array | Float64Array;

/** Columns of a large catalogue grow for one new item, too: doubling would cost as much memory as the catalogue. */
const GROWTH_SHARE = 1 / 8;
const GROWTH_MIN = 8;

/** Returns a column of at least this length with the same values, then zeros; the same one if it is long enough. */
export function growColumn<T extends Column>(column: T, length: number): T {
  if (length <= column.length) return column;
  const roomy = column.length + Math.max(GROWTH_MIN, Math.floor(GROWTH_SHARE * column.length));
  const grown = new (column.constructor as new (length: number) => T)(Math.max(length, roomy));
  grown.set(column);
  return grown;
}
