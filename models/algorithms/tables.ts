// Builds item-to-item tables row by row and keeps the largest weights of each row.

import type { NeighbourTables } from '../contracts/neighbours.ts';
import type { Vocabulary } from './algorithm.ts';
import { countNeighboursThatFit } from './neighbours.ts';
import { selectLargest } from './select-largest.ts';

/** The number of items with interactions; they come first in the vocabulary. */
export function countInteractedItems({ counts }: Vocabulary): number {
  const first = counts.indexOf(0);
  return first < 0 ? counts.length : first;
}

/** Speeds of a slow machine. */
const PAIRS_PER_MS = 50_000;
const CELLS_PER_MS = 200_000;

/** Estimated milliseconds to count a table of `rows` rows from `pairs` pairs of interactions. */
export const estimateTablesMs = (pairs: number, rows: number): number =>
  pairs / PAIRS_PER_MS + rows ** 2 / CELLS_PER_MS;

/**
 * Tables as long as the vocabulary. Only the first `rows` items have neighbours, and only among themselves: `fillRow`
 * adds an item's weights to a row of zeros, [rows].
 */
export function collectTables(
  items: number,
  rows: number,
  fillRow: (item: number, row: Float32Array) => void,
): NeighbourTables {
  const perItem = countNeighboursThatFit(rows);
  const neighbours = new Int32Array(items * perItem);
  const weights = new Float32Array(items * perItem);
  const row = new Float32Array(rows);
  const others = new Int32Array(rows);
  const values = new Float32Array(rows);
  for (let item = 0; item < rows; item++) {
    row.fill(0);
    fillRow(item, row);
    // Most rows are nearly empty: selecting among the other cells is cheap.
    let filled = 0;
    for (let other = 0; other < rows; other++) {
      if (row[other] === 0) continue;
      others[filled] = other;
      values[filled++] = row[other]!;
    }
    selectLargest(values.subarray(0, filled), perItem).forEach((kept, n) => {
      neighbours[item * perItem + n] = others[kept]!;
      weights[item * perItem + n] = values[kept]!;
    });
  }
  return { items, perItem, neighbours, weights };
}
