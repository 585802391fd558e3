// Sorts hundreds of scores many times a page: a merge sort that compares numbers in place. Array.sort would call a
// function for each comparison, which takes most of its time.

/** Runs of this length are sorted by insertion. */
const RUN_LENGTH = 16;

/** The positions of the scores, best first; equal scores stay in their order. No score may be NaN. */
export function orderByScore(scores: ArrayLike<number>): number[] {
  const { length } = scores;
  let order = new Int32Array(length);
  for (let start = 0; start < length; start += RUN_LENGTH)
    insertRun(order, start, Math.min(length, start + RUN_LENGTH), scores);
  let merged = new Int32Array(length);
  for (let width = RUN_LENGTH; width < length; width *= 2) {
    for (let start = 0; start < length; start += 2 * width)
      mergeRuns(order, merged, start, Math.min(length, start + width), Math.min(length, start + 2 * width), scores);
    [order, merged] = [merged, order];
  }
  const sorted: number[] = [];
  for (let at = 0; at < length; at++) sorted.push(order[at]!);
  return sorted;
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

/** Writes the positions from `start` to `end` in order. */
function insertRun(order: Int32Array, start: number, end: number, scores: ArrayLike<number>): void {
  for (let position = start; position < end; position++) {
    const score = scores[position]!;
    let at = position;
    for (; at > start && scores[order[at - 1]!]! < score; at--) order[at] = order[at - 1]!;
    order[at] = position;
  }
}

/** Merges the runs from `start` to `middle` and from there to `end`. */
function mergeRuns(
  from: Int32Array,
  to: Int32Array,
  start: number,
  middle: number,
  end: number,
  scores: ArrayLike<number>,
): void {
  let left = start;
  let right = middle;
  for (let at = start; at < end; at++) {
    const takesLeft = left < middle && (right >= end || scores[from[left]!]! >= scores[from[right]!]!);
    to[at] = takesLeft ? from[left++]! : from[right++]!;
  }
}
