// Transitions from item to item: a Markov chain over more than one step, as the sequential rules of Ludewig & Jannach
// 2018, "Evaluation of Session-based Recommendation Algorithms". Each interaction within REACH after i counts by its
// distance: the weight from i to j is Σ distance^−d · 2^(−age / halfLife) / (c_i^s · c_j^t), c the players who have an
// item. Trains on interactions, or on counts of them, which have no ages.

import type { Algorithm, TrainingData } from './algorithm.ts';
import { indexPairs } from './counted-pairs.ts';
import { searchTables } from './table-search.ts';
import { countTableRows, countTables, type SparseRow } from './tables.ts';
import { collectUserItems, computeMedianAgeDays, type UserItems, weighByAge } from './user-items.ts';

/** Maximum distance in steps; longer ones changed nothing when measured. queries/transitions.sql has the same value. */
const REACH = 50;
/** Exponents that the search tries, ascending. queries/transitions.sql has a sum for each. */
export const DISTANCE_EXPONENTS: readonly number[] = [0.25, 0.5, 0.75, 1, 1.5];

const START = {
  distanceExponent: 0.75,
  sourceExponent: 0.5,
  targetExponent: 0.2,
  /** Half-life of the weight of a counted interaction; 0 if its age does not matter. */
  interactionHalfLifeDays: 0,
  positionDecay: 0.7,
};

interface TransitionSums {
  /** Players who have the item, by item index. */
  players: ArrayLike<number>;
  halfLives: readonly number[];
  /** Returns a function that adds the sums of an item to its row. */
  createFillRow(
    parameters: Pick<typeof START, 'distanceExponent' | 'interactionHalfLifeDays'>,
  ): (item: number, row: SparseRow) => void;
}

export const trainTransitions: Algorithm = async (data, context) => {
  const { vocabulary } = data;
  const { itemIds } = vocabulary;
  const rows = countTableRows(vocabulary);
  if (rows === 0) return;
  const userItems = collectUserItems(data.interactions, vocabulary);
  const medianAgeDays = computeMedianAgeDays(userItems);
  const { players, halfLives, createFillRow } =
    readCounts(data) ?? sumInteractions(userItems, vocabulary.counts, medianAgeDays);
  await searchTables(
    {
      algorithm: 'transitions',
      itemIds,
      medianAgeDays,
      start: START,
      axes: {
        distanceExponent: DISTANCE_EXPONENTS,
        sourceExponent: [0, 0.2, 0.35, 0.5, 0.65, 0.8, 1],
        targetExponent: [0, 0.1, 0.2, 0.3, 0.4],
        interactionHalfLifeDays: halfLives,
      },
      count({ sourceExponent, targetExponent, ...parameters }) {
        const sourceNorms = Float64Array.from(players, (count) => count ** sourceExponent);
        const targetNorms = Float64Array.from(players, (count) => count ** targetExponent);
        return countTables({
          items: itemIds.length,
          rows,
          fillRow: createFillRow(parameters),
          weigh: (item, other, sum) => sum / (sourceNorms[item]! * targetNorms[other]!),
        });
      },
    },
    context,
  );
};

function readCounts({ counts, vocabulary }: TrainingData): TransitionSums | undefined {
  if (counts?.transitions === undefined) return undefined;
  const { players, addRow } = indexPairs(counts.transitions, vocabulary);
  return {
    players,
    halfLives: [0],
    createFillRow({ distanceExponent }) {
      const column = DISTANCE_EXPONENTS.indexOf(distanceExponent);
      return (item, row) => addRow(item, column, row);
    },
  };
}

const sumInteractions = (userItems: UserItems, players: Int32Array, medianAgeDays: number): TransitionSums => ({
  players,
  halfLives: [0, 4 * medianAgeDays, medianAgeDays],
  createFillRow({ distanceExponent, interactionHalfLifeDays }) {
    const { itemIndices, ends, rowsOf } = userItems;
    const byDistance = Float64Array.from({ length: REACH + 1 }, (_, distance) => distance ** -distanceExponent);
    const byAge = weighByAge(userItems, interactionHalfLifeDays);
    return (item, row) => {
      for (const at of rowsOf(item)) {
        const end = Math.min(ends[at]!, at + REACH + 1);
        for (let next = at + 1; next < end; next++) row.add(itemIndices[next]!, byDistance[next - at]! * byAge[next]!);
      }
    };
  },
});
