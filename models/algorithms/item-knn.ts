// Item-to-item neighbours by cosine: Deshpande & Karypis 2004, "Item-Based Top-N Recommendation Algorithms". The weight
// from i to j is c_ij / ((c_i · c_j)^e + shrinkage), where c counts the players who have both items, or one of them.

import type { Algorithm } from './algorithm.ts';
import { searchTables } from './table-search.ts';
import { countTableRows, countTables, type SparseRow } from './tables.ts';
import { collectUserItems, computeMedianAgeDays, type UserItems } from './user-items.ts';

/**
 * Interactions of one player further apart do not count as a pair: the cost would grow with the square of the history.
 */
const REACH = 500;
/** With more pairs than these, the reach is halved until no more are left: some ten seconds of a slow machine. */
const PAIRS_MAX = 500e6;

export const trainItemKnn: Algorithm = async ({ interactions, vocabulary }, context) => {
  const { itemIds, counts } = vocabulary;
  const userItems = collectUserItems(interactions, vocabulary);
  const rows = countTableRows(vocabulary);
  if (rows === 0) return;
  let reach = REACH;
  while (countPairs(userItems, reach) > PAIRS_MAX && reach > 1) reach >>= 1;
  await searchTables(
    {
      algorithm: 'item-knn',
      itemIds,
      medianAgeDays: computeMedianAgeDays(userItems),
      start: { shrinkage: 10, normExponent: 0.5, positionDecay: 0.8 },
      axes: { shrinkage: [0, 3, 10, 30], normExponent: [0.3, 0.4, 0.5, 0.6] },
      count({ shrinkage, normExponent }) {
        const norms = Float64Array.from(counts, (count) => count ** normExponent);
        return countTables({
          items: itemIds.length,
          rows,
          fillRow: (item, row) => addCooccurrences(userItems, item, reach, row),
          weigh: (item, other, sum) => (other === item ? 0 : sum / (norms[item]! * norms[other]! + shrinkage)),
        });
      },
    },
    context,
  );
};

const countPairs = ({ starts, ends }: UserItems, reach: number): number =>
  ends.reduce((sum, end, row) => sum + Math.min(end, row + reach) - Math.max(starts[row]!, row - reach), 0);

/** Adds to each cell of `row` the number of players who have both its item and this one. */
function addCooccurrences(
  { itemIndices, starts, ends, rowsOf }: UserItems,
  item: number,
  reach: number,
  row: SparseRow,
): void {
  for (const at of rowsOf(item)) {
    const end = Math.min(ends[at]!, at + reach);
    for (let other = Math.max(starts[at]!, at - reach); other < end; other++) row.add(itemIndices[other]!, 1);
  }
}
