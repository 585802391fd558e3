// Rows as JSON in one bound parameter, as many at a time as D1 takes: it refuses a parameter of more than 2 MB
// (https://developers.cloudflare.com/d1/platform/limits/), and a transaction should not be long. It writes nothing itself.

const BYTES_MAX = 1_000_000;
const ROWS_MAX = 2_000;

/** The rows in portions, each with its JSON array. A single row that is larger makes a portion of its own. */
export function* portionsOf<T>(
  rows: readonly T[],
  toValues: (row: T) => unknown,
): Generator<{ rows: readonly T[]; json: string }> {
  let from = 0;
  let bytes = 0;
  let texts: string[] = [];
  for (const [place, row] of rows.entries()) {
    const text = JSON.stringify(toValues(row));
    const length = Buffer.byteLength(text) + 1;
    if (texts.length > 0 && (bytes + length > BYTES_MAX || texts.length === ROWS_MAX)) {
      yield { rows: rows.slice(from, place), json: `[${texts.join(',')}]` };
      [from, bytes, texts] = [place, 0, []];
    }
    texts.push(text);
    bytes += length;
  }
  if (texts.length > 0) yield { rows: rows.slice(from), json: `[${texts.join(',')}]` };
}
