// Builds item-to-item tables row by row and keeps the largest weights of each row.

import type { NeighbourTables } from '../contracts/neighbours.ts';
import type { Vocabulary } from './algorithm.ts';
import { countNeighboursThatFit, TABLE_ROWS_MAX } from './neighbours.ts';
import { selectLargest } from './select-largest.ts';

/** The number of items that have rows in a table: those with the most players. */
export const countTableRows = (vocabulary: Vocabulary): number =>
  Math.min(TABLE_ROWS_MAX, countInteractedItems(vocabulary));

/** The number of items with interactions; they come first in the vocabulary. */
export function countInteractedItems({ counts }: Vocabulary): number {
  const first = counts.indexOf(0);
  return first < 0 ? counts.length : first;
}

/** The weights of one item, [rows], with a list of those that are not 0: most of a large row is never touched. */
export class SparseRow {
  readonly values: Float32Array;
  readonly #filled: Int32Array;
  #length = 0;

  constructor(rows: number) {
    this.values = new Float32Array(rows);
    this.#filled = new Int32Array(rows);
  }

  /** Adds a value above 0; beyond the row's end it is dropped. */
  add(other: number, value: number): void {
    if (other >= this.values.length) return;
    const before = this.values[other]!;
    this.values[other] = before + value;
    // A value below float32's smallest leaves a 0.
    if (before === 0 && this.values[other] !== 0) this.#filled[this.#length++] = other;
  }

  /** The filled cells, ascending; valid until the row changes. */
  sortFilled(): Int32Array {
    return this.#filled.subarray(0, this.#length).sort();
  }

  clear(): void {
    for (let n = 0; n < this.#length; n++) this.values[this.#filled[n]!] = 0;
    this.#length = 0;
  }
}

interface SparseTable {
  /** Length of the vocabulary. */
  items: number;
  /** Only the first `rows` items have neighbours, and only among themselves. */
  rows: number;
  /** Adds the weights of an item's row. */
  fillRow(item: number, row: SparseRow): void;
  /** Returns the weight for the sum of a cell; 0 to drop it. */
  weigh(item: number, other: number, sum: number): number;
}

/** Tables whose rows are mostly empty: the cost follows the pairs that are added, not the square of the items. */
export function countTables({ items, rows, fillRow, weigh }: SparseTable): NeighbourTables {
  const kept = openTables(items, rows);
  const row = new SparseRow(rows);
  const indices = new Int32Array(rows);
  const values = new Float32Array(rows);
  for (let item = 0; item < rows; item++) {
    fillRow(item, row);
    const others = row.sortFilled();
    let length = 0;
    for (const other of others) {
      const weight = weigh(item, other, row.values[other]!);
      if (weight === 0) continue;
      indices[length] = other;
      values[length++] = weight;
    }
    kept.writeLargest(item, indices, values.subarray(0, length));
    row.clear();
  }
  return kept.tables;
}

/** Tables whose rows are full: `fillRow` overwrites an item's weights, [rows]. */
export function collectTables(
  items: number,
  rows: number,
  fillRow: (item: number, row: Float32Array) => void,
): NeighbourTables {
  const kept = openTables(items, rows);
  const row = new Float32Array(rows);
  const others = Int32Array.from(row.keys());
  for (let item = 0; item < rows; item++) {
    fillRow(item, row);
    kept.writeLargest(item, others, row);
  }
  return kept.tables;
}

function openTables(items: number, rows: number) {
  const perItem = countNeighboursThatFit(rows);
  const neighbours = new Int32Array(items * perItem);
  const weights = new Float32Array(items * perItem);
  return {
    tables: { items, perItem, neighbours, weights },
    writeLargest(item: number, others: Int32Array, values: Float32Array): void {
      selectLargest(values, perItem).forEach((kept, n) => {
        neighbours[item * perItem + n] = others[kept]!;
        weights[item * perItem + n] = values[kept]!;
      });
    },
  };
}
