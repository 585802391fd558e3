// Transitions from item to item: a Markov chain over more than one step, as the sequential rules of Ludewig & Jannach
// 2018, "Evaluation of Session-based Recommendation Algorithms". Each interaction within REACH after i counts by its
// distance: the weight from i to j is Σ distance^−d · 2^(−age / halfLife) / (c_i^s · c_j^t), c the players who have an
// item.

import type { Algorithm } from './algorithm.ts';
import { searchTables } from './table-search.ts';
import { countTableRows, countTables } from './tables.ts';
import { collectUserItems, computeMedianAgeDays, weighByAge } from './user-items.ts';

/** Steps; further ones were measured to change nothing. */
const REACH = 50;

const START = {
  distanceExponent: 0.75,
  sourceExponent: 0.5,
  targetExponent: 0.2,
  /** Half-life of the weight of a counted interaction; 0 if its age does not matter. */
  interactionHalfLifeDays: 0,
  positionDecay: 0.7,
};

export const trainTransitions: Algorithm = async ({ interactions, vocabulary }, context) => {
  const { itemIds, counts } = vocabulary;
  const userItems = collectUserItems(interactions, vocabulary);
  const { itemIndices, ends, rowsOf } = userItems;
  const rows = countTableRows(vocabulary);
  if (rows === 0) return;

  const medianAgeDays = computeMedianAgeDays(userItems);
  await searchTables(
    {
      algorithm: 'transitions',
      itemIds,
      medianAgeDays,
      start: START,
      axes: {
        distanceExponent: [0.25, 0.5, 0.75, 1, 1.5],
        sourceExponent: [0, 0.2, 0.35, 0.5, 0.65, 0.8, 1],
        targetExponent: [0, 0.1, 0.2, 0.3, 0.4],
        interactionHalfLifeDays: [0, 4 * medianAgeDays, medianAgeDays],
      },
      count({ distanceExponent, sourceExponent, targetExponent, interactionHalfLifeDays }) {
        const byDistance = Float64Array.from({ length: REACH + 1 }, (_, distance) => distance ** -distanceExponent);
        const byAge = weighByAge(userItems, interactionHalfLifeDays);
        const sourceNorms = Float64Array.from(counts, (count) => count ** sourceExponent);
        const targetNorms = Float64Array.from(counts, (count) => count ** targetExponent);
        return countTables({
          items: itemIds.length,
          rows,
          fillRow(item, row) {
            for (const at of rowsOf(item)) {
              const end = Math.min(ends[at]!, at + REACH + 1);
              for (let next = at + 1; next < end; next++)
                row.add(itemIndices[next]!, byDistance[next - at]! * byAge[next]!);
            }
          },
          weigh: (item, other, sum) => sum / (sourceNorms[item]! * targetNorms[other]!),
        });
      },
    },
    context,
  );
};
