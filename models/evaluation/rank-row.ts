// Ranks one row of scores: the ranks of the targets, and the items that would be shown. It never sorts the whole row: a
// row is as long as the catalogue, and there are as many rows as players.

/**
 * Ranks of the targets among all items but the history's: 0 is the best, ascending, no two equal. Ties count against
 * the model, and so does NaN: a constant ranks every target last. `targets`: item indices, all different.
 */
export function rankTargetsInRow(
  scores: Float32Array,
  targets: readonly number[],
  history: ReadonlySet<number>,
): Float64Array {
  const ofTargets = Float64Array.from(targets, (item) => replaceNaN(scores[item]!, Number.NEGATIVE_INFINITY)).sort();
  const lowest = ofTargets[0]!;
  // ahead[n]: items ahead of the n lowest targets and of no others. Most items are ahead of none.
  const ahead = new Int32Array(ofTargets.length + 1);
  for (let item = 0; item < scores.length; item++)
    if (!(scores[item]! < lowest)) ahead[countUpTo(ofTargets, scores[item]!)]!++;
  for (const item of new Set([...history, ...targets]))
    if (!(scores[item]! < lowest)) ahead[countUpTo(ofTargets, scores[item]!)]!--;
  let rank = 0;
  return ofTargets.map((_, before) => {
    rank += ahead[ofTargets.length - before]!;
    return rank + before;
  });
}

const replaceNaN = (score: number, otherwise: number): number => (Number.isNaN(score) ? otherwise : score);

/** The number of ascending `values` that are not above the score; all of them if it is NaN. */
function countUpTo(values: Float64Array, score: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! > score) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Fills `list` with the items that the edge would show, best first, and −1 after the last: it leaves out the history
 * and scores of 0 or less. Of equal scores the lower item index comes first.
 */
export function listTopItems(scores: Float32Array, history: ReadonlySet<number>, list: Int32Array): void {
  let length = 0;
  let bar = 0;
  list.fill(-1);
  for (let item = 0; item < scores.length; item++) {
    const score = scores[item]!;
    if (!(score > bar) || history.has(item)) continue;
    let at = Math.min(length, list.length - 1);
    for (; at > 0 && scores[list[at - 1]!]! < score; at--) list[at] = list[at - 1]!;
    list[at] = item;
    if (length < list.length) length++;
    if (length === list.length) bar = scores[list[length - 1]!]!;
  }
}
