// Item-to-item tables, put together row by row: the largest weights of each row are kept.

import type { NeighbourTables } from '../contracts/neighbours.ts';
import type { Vocabulary } from './algorithm.ts';
import { countNeighboursThatFit } from './neighbours.ts';
import { selectLargest } from './select-largest.ts';

/** Items that players chose; in the vocabulary they come first. */
export function countInteractedItems({ counts }: Vocabulary): number {
  const first = counts.indexOf(0);
  return first < 0 ? counts.length : first;
}

/** On a slow machine. */
const PAIRS_PER_MS = 50_000;
const CELLS_PER_MS = 200_000;

/** What it takes to count tables of so many rows from so many pairs of choices. */
export const estimateTablesMs = (pairs: number, rows: number): number =>
  pairs / PAIRS_PER_MS + rows ** 2 / CELLS_PER_MS;

/**
 * Tables as long as the vocabulary, of which the first `rows` items have neighbours, among themselves. `fillRow` writes
 * an item's weights for those into a row of zeros.
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
  const places = new Int32Array(rows);
  const values = new Float32Array(rows);
  for (let item = 0; item < rows; item++) {
    row.fill(0);
    fillRow(item, row);
    // Most rows are nearly empty: only what is not 0 is worth a selection.
    let filled = 0;
    for (let other = 0; other < rows; other++) {
      if (row[other] === 0) continue;
      places[filled] = other;
      values[filled++] = row[other]!;
    }
    selectLargest(values.subarray(0, filled), perItem).forEach((kept, n) => {
      neighbours[item * perItem + n] = places[kept]!;
      weights[item * perItem + n] = values[kept]!;
    });
  }
  return { items, perItem, neighbours, weights };
}
