// Cuts rows into portions that fit one bound JSON parameter: D1 refuses values over 2 MB
// (https://developers.cloudflare.com/d1/platform/limits/), and transactions should be short. It writes nothing.

const BYTES_MAX = 1_000_000;
const ROWS_MAX = 2_000;

/** Portions of the rows, each with its JSON array. An oversized row is a portion of its own. */
export function* portionsOf<T>(
  rows: readonly T[],
  toValues: (row: T) => unknown,
  rowsMax = ROWS_MAX,
): Generator<{ rows: readonly T[]; json: string }> {
  let from = 0;
  let bytes = 0;
  let texts: string[] = [];
  for (const [index, row] of rows.entries()) {
    const text = JSON.stringify(toValues(row));
    const length = Buffer.byteLength(text) + 1;
    if (texts.length > 0 && (bytes + length > BYTES_MAX || texts.length === rowsMax)) {
      yield { rows: rows.slice(from, index), json: `[${texts.join(',')}]` };
      [from, bytes, texts] = [index, 0, []];
    }
    texts.push(text);
    bytes += length;
  }
  if (texts.length > 0) yield { rows: rows.slice(from), json: `[${texts.join(',')}]` };
}
