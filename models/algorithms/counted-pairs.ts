// Maps counted pairs to the item indices of a vocabulary.

import type { PairCounts } from '../data/pair-counts.ts';
import type { Vocabulary } from './algorithm.ts';
import type { SparseRow } from './tables.ts';

export interface CountedPairs {
  /** Number of players who have the item, by item index; 0 for items that were not counted. */
  players: Float64Array;
  /** Adds an item's sums of one column to its row. */
  addRow(itemIndex: number, column: number, row: SparseRow): void;
}

/** Pairs with items outside the vocabulary are left out. */
export function indexPairs(
  { itemIds, players, starts, others, sums }: PairCounts,
  vocabulary: Pick<Vocabulary, 'itemIds'>,
): CountedPairs {
  const numbers = new Map(itemIds.map((itemId, number) => [itemId, number]));
  const indices = new Int32Array(itemIds.length).fill(-1);
  const ownNumbers = Int32Array.from(vocabulary.itemIds, (itemId, index) => {
    const number = numbers.get(itemId) ?? -1;
    if (number >= 0) indices[number] = index;
    return number;
  });
  return {
    players: Float64Array.from(ownNumbers, (number) => players[number] ?? 0),
    addRow(itemIndex, column, row) {
      const number = ownNumbers[itemIndex]!;
      if (number < 0) return;
      for (let pair = starts[number]!; pair < starts[number + 1]!; pair++) {
        const other = indices[others[pair]!]!;
        if (other >= 0) row.add(other, sums[column]![pair]!);
      }
    },
  };
}
