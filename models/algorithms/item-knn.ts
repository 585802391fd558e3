// Item-to-item neighbours by cosine: Deshpande & Karypis 2004, "Item-Based Top-N Recommendation Algorithms". The weight
// from i to j is c_ij / ((c_i · c_j)^e + shrinkage), where c counts the players who chose both, or the one.

import type { Algorithm } from './algorithm.ts';
import { searchTables } from './table-search.ts';
import { collectTables, countInteractedItems, estimateTablesMs } from './tables.ts';
import { collectUserItems, computeMedianAgeDays } from './user-items.ts';

/** Choices of one player that lie further apart are not counted as a pair: long histories would cost their square. */
const REACH = 500;

export const trainItemKnn: Algorithm = async function* ({ interactions, vocabulary }, context) {
  const { itemIds, counts } = vocabulary;
  const choices = collectUserItems(interactions, vocabulary);
  const { itemIndices: places, starts, ends, rowsOf } = choices;
  const rows = countInteractedItems(vocabulary);
  const pairs = ends.reduce(
    (sum, end, row) => sum + Math.min(end, row + REACH) - Math.max(starts[row]!, row - REACH),
    0,
  );
  if (rows === 0 || context.timeLeft() < estimateTablesMs(pairs, rows)) return;

  yield* searchTables(
    {
      algorithm: 'item-knn',
      itemIds,
      medianAgeDays: computeMedianAgeDays(choices),
      start: { shrinkage: 10, normExponent: 0.5, positionDecay: 0.8 },
      axes: { shrinkage: [0, 3, 10, 30], normExponent: [0.3, 0.4, 0.5, 0.6] },
      count({ shrinkage, normExponent }) {
        const norms = Float64Array.from(counts, (count) => count ** normExponent);
        return collectTables(itemIds.length, rows, (item, row) => {
          for (const at of rowsOf(item)) {
            const end = Math.min(ends[at]!, at + REACH);
            for (let other = Math.max(starts[at]!, at - REACH); other < end; other++) row[places[other]!]!++;
          }
          row[item] = 0;
          for (let other = 0; other < rows; other++)
            if (row[other]! > 0) row[other]! /= norms[item]! * norms[other]! + shrinkage;
        });
      },
    },
    context,
  );
};
