// Item-to-item neighbours by cosine: Deshpande & Karypis 2004, "Item-Based Top-N Recommendation Algorithms". The weight
// from i to j is c_ij / ((c_i · c_j)^e + shrinkage), where c counts the players who have both items, or one of them.

import type { Algorithm } from './algorithm.ts';
import { searchTables } from './table-search.ts';
import { collectTables, countInteractedItems, estimateTablesMs } from './tables.ts';
import { collectUserItems, computeMedianAgeDays, type UserItems } from './user-items.ts';

/**
 * Interactions of one player further apart do not count as a pair: the cost would grow with the square of the history.
 */
const REACH = 500;

export const trainItemKnn: Algorithm = async ({ interactions, vocabulary }, context) => {
  const { itemIds, counts } = vocabulary;
  const userItems = collectUserItems(interactions, vocabulary);
  const rows = countInteractedItems(vocabulary);
  if (rows === 0 || context.timeLeft() < estimateTablesMs(countPairs(userItems), rows)) return;
  await searchTables(
    {
      algorithm: 'item-knn',
      itemIds,
      medianAgeDays: computeMedianAgeDays(userItems),
      start: { shrinkage: 10, normExponent: 0.5, positionDecay: 0.8 },
      axes: { shrinkage: [0, 3, 10, 30], normExponent: [0.3, 0.4, 0.5, 0.6] },
      count({ shrinkage, normExponent }) {
        const norms = Float64Array.from(counts, (count) => count ** normExponent);
        return collectTables(itemIds.length, rows, (item, row) => {
          addCooccurrences(userItems, item, row);
          row[item] = 0;
          for (let other = 0; other < rows; other++)
            if (row[other]! > 0) row[other]! /= norms[item]! * norms[other]! + shrinkage;
        });
      },
    },
    context,
  );
};

const countPairs = ({ starts, ends }: UserItems): number =>
  ends.reduce((sum, end, row) => sum + Math.min(end, row + REACH) - Math.max(starts[row]!, row - REACH), 0);

/** Adds to each cell of `row` the number of players who have both its item and this one. */
function addCooccurrences({ itemIndices, starts, ends, rowsOf }: UserItems, item: number, row: Float32Array): void {
  for (const at of rowsOf(item)) {
    const end = Math.min(ends[at]!, at + REACH);
    for (let other = Math.max(starts[at]!, at - REACH); other < end; other++) row[itemIndices[other]!]!++;
  }
}
