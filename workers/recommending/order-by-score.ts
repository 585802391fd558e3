// Sorts hundreds of scores many times a page: a radix sort by the bits that a score has as a float32. A sort that
// compares scores takes several times as long, since the processor mispredicts every other comparison.

/** A key's digits are its bytes. */
const DIGITS = 4;
const DIGIT_BITS = 8;
const DIGIT_VALUES = 1 << DIGIT_BITS;

/** Arrays that all sorts share: creating them would cost more than sorting a row. */
const counts = new Int32Array(DIGITS * DIGIT_VALUES);
let floats = new Float32Array(0);
let bits = new Int32Array(0);
let sorted = { keys: new Int32Array(0), positions: new Int32Array(0) };
let other = sorted;

/** The positions of the scores, best first; equal scores stay in their order. No score may be negative or NaN. */
export function orderByScore(scores: ArrayLike<number>): number[] {
  const { length } = scores;
  if (length > floats.length) reserve(length);
  writeKeys(scores);
  for (let digit = 0; digit < DIGITS; digit++) sortByDigit(digit, length);
  return insertByScore(sorted.positions, scores);
}

function reserve(length: number): void {
  floats = new Float32Array(length);
  bits = new Int32Array(floats.buffer);
  const create = () => ({ keys: new Int32Array(length), positions: new Int32Array(length) });
  sorted = create();
  other = create();
}

/** Gives each position a key, the smaller the better its score, and counts the keys' digits. */
function writeKeys(scores: ArrayLike<number>): void {
  const { keys, positions } = sorted;
  counts.fill(0);
  for (let position = 0; position < scores.length; position++) {
    floats[position] = scores[position]!;
    // The bits of positive floats order as the floats do.
    const key = ~bits[position]!;
    keys[position] = key;
    positions[position] = position;
    for (let digit = 0; digit < DIGITS; digit++) counts[digit * DIGIT_VALUES + readDigit(key, digit)]!++;
  }
}

const readDigit = (key: number, digit: number): number => (key >>> (DIGIT_BITS * digit)) & (DIGIT_VALUES - 1);

/** Scores with the same digit stay in their order. */
function sortByDigit(digit: number, length: number): void {
  const { keys, positions } = sorted;
  const first = digit * DIGIT_VALUES;
  let before = 0;
  for (let value = first; value < first + DIGIT_VALUES; value++) {
    const count = counts[value]!;
    counts[value] = before;
    before += count;
  }
  const { keys: toKeys, positions: toPositions } = other;
  for (let at = 0; at < length; at++) {
    const key = keys[at]!;
    const to = counts[first + readDigit(key, digit)]!++;
    toKeys[to] = key;
    toPositions[to] = positions[at]!;
  }
  [sorted, other] = [other, sorted];
}

/** Also orders the scores that a float32 cannot tell apart. */
function insertByScore(positions: Int32Array, scores: ArrayLike<number>): number[] {
  const order = new Array<number>(scores.length);
  for (let rank = 0; rank < scores.length; rank++) {
    const position = positions[rank]!;
    const score = scores[position]!;
    let at = rank;
    for (; at > 0 && scores[order[at - 1]!]! < score; at--) order[at] = order[at - 1]!;
    order[at] = position;
  }
  return order;
}

/** The positions of the best scores, at most `count`, in the same order: for a few of many. */
export function selectBest(scores: ArrayLike<number>, count: number): number[] {
  const best: number[] = [];
  for (let position = 0; position < scores.length; position++) {
    if (best.length === count && scores[best[count - 1]!]! >= scores[position]!) continue;
    if (best.length === count) best.pop();
    let at = best.length;
    while (at > 0 && scores[best[at - 1]!]! < scores[position]!) at--;
    best.splice(at, 0, position);
  }
  return best;
}
