// Item-to-item neighbours by cosine: Deshpande & Karypis 2004, "Item-Based Top-N Recommendation Algorithms". The weight
// from i to j is c_ij / ((c_i · c_j)^e + shrinkage), where c counts the players who have both items, or one of them.
// Trains on interactions, or on counts of them.

import type { Algorithm, TrainingData } from './algorithm.ts';
import { indexPairs } from './counted-pairs.ts';
import { searchTables } from './table-search.ts';
import { countTableRows, countTables, type SparseRow } from './tables.ts';
import { collectUserItems, computeMedianAgeDays, type UserItems } from './user-items.ts';

/**
 * Interactions of one player further apart do not count as a pair: the cost would grow with the square of the history.
 * queries/item-knn.sql has the same value.
 */
const REACH = 500;
/** With more pairs than these, the reach is halved until no more are left: some ten seconds of a slow machine. */
const PAIRS_MAX = 500e6;

interface Cooccurrences {
  /** Players who have the item, by item index. */
  players: ArrayLike<number>;
  /** Adds to each cell of an item's row the number of players who have both. */
  fillRow(item: number, row: SparseRow): void;
}

export const trainItemKnn: Algorithm = async (data, context) => {
  const { vocabulary } = data;
  const { itemIds } = vocabulary;
  const rows = countTableRows(vocabulary);
  if (rows === 0) return;
  const userItems = collectUserItems(data.interactions, vocabulary);
  const { players, fillRow } = readCounts(data) ?? countCooccurrences(userItems, vocabulary.counts);
  await searchTables(
    {
      algorithm: 'item-knn',
      itemIds,
      medianAgeDays: computeMedianAgeDays(userItems),
      start: { shrinkage: 10, normExponent: 0.5, positionDecay: 0.8 },
      axes: { shrinkage: [0, 3, 10, 30], normExponent: [0.3, 0.4, 0.5, 0.6] },
      count({ shrinkage, normExponent }) {
        const norms = Float64Array.from(players, (count) => count ** normExponent);
        return countTables({
          items: itemIds.length,
          rows,
          fillRow,
          weigh: (item, other, sum) => (other === item ? 0 : sum / (norms[item]! * norms[other]! + shrinkage)),
        });
      },
    },
    context,
  );
};

function readCounts({ counts, vocabulary }: TrainingData): Cooccurrences | undefined {
  if (counts?.['item-knn'] === undefined) return undefined;
  const { players, addRow } = indexPairs(counts['item-knn'], vocabulary);
  return { players, fillRow: (item, row) => addRow(item, 0, row) };
}

function countCooccurrences(userItems: UserItems, players: Int32Array): Cooccurrences {
  let reach = REACH;
  while (countPairs(userItems, reach) > PAIRS_MAX && reach > 1) reach >>= 1;
  return { players, fillRow: (item, row) => addCooccurrences(userItems, item, reach, row) };
}

const countPairs = ({ starts, ends }: UserItems, reach: number): number =>
  ends.reduce((sum, end, row) => sum + Math.min(end, row + reach + 1) - Math.max(starts[row]!, row - reach), 0);

/** Adds to each cell of `row` the number of players who have both its item and this one. */
function addCooccurrences(
  { itemIndices, starts, ends, rowsOf }: UserItems,
  item: number,
  reach: number,
  row: SparseRow,
): void {
  for (const at of rowsOf(item)) {
    const end = Math.min(ends[at]!, at + reach + 1);
    for (let other = Math.max(starts[at]!, at - reach); other < end; other++) row.add(itemIndices[other]!, 1);
  }
}
