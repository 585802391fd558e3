// What one row of scores says: where the targets stand in it, and which items would be shown. No full sort: a row is as
// long as the catalogue, and there are as many as players.

/**
 * Ranks of the targets, 0 the best, ascending, in the list of all items but the history's. Ties count against the model,
 * and so does a score that is no number: a constant finds nothing. Targets are in the list too, so that no two have one rank.
 * `targets`: places, all different.
 */
export function rankTargetsInRow(
  scores: Float32Array,
  targets: readonly number[],
  history: ReadonlySet<number>,
): Float64Array {
  const wanted = Float64Array.from(targets, (place) => orElse(scores[place]!, Number.NEGATIVE_INFINITY)).sort();
  const lowest = wanted[0]!;
  // ahead[n]: items that are ahead of the n lowest targets and of no others. Most are ahead of none.
  const ahead = new Int32Array(wanted.length + 1);
  for (let place = 0; place < scores.length; place++)
    if (!(scores[place]! < lowest)) ahead[countUpTo(wanted, scores[place]!)]!++;
  for (const place of new Set([...history, ...targets]))
    if (!(scores[place]! < lowest)) ahead[countUpTo(wanted, scores[place]!)]!--;
  let rank = 0;
  return wanted.map((_, before) => {
    rank += ahead[wanted.length - before]!;
    return rank + before;
  });
}

const orElse = (score: number, otherwise: number): number => (Number.isNaN(score) ? otherwise : score);

/** How many of the ascending `values` are not above the score; all, where it is no number. */
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
 * Fills `list` with the places that score highest, best first, and −1 after the last: what the edge would show, which
 * leaves out the history and what scores 0 or less. Of equal scores the lower place goes first.
 */
export function listTopItems(scores: Float32Array, history: ReadonlySet<number>, list: Int32Array): void {
  let length = 0;
  let bar = 0;
  list.fill(-1);
  for (let place = 0; place < scores.length; place++) {
    const score = scores[place]!;
    if (!(score > bar) || history.has(place)) continue;
    let at = Math.min(length, list.length - 1);
    for (; at > 0 && scores[list[at - 1]!]! < score; at--) list[at] = list[at - 1]!;
    list[at] = place;
    if (length < list.length) length++;
    if (length === list.length) bar = scores[list[length - 1]!]!;
  }
}
