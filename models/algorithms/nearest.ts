// Collects the neighbours for a release: from the model for items with enough players, by content for the others.
// models/contracts/neighbours.ts has the file format.

import type { NeighbourTables } from '../contracts/neighbours.ts';
import type { Gemm } from '../linalg/gemm.ts';
import { transpose } from '../linalg/transpose.ts';
import { openGemm } from '../onnx/gemm.ts';
import type { ItemVectors, RetrievalModel } from './algorithm.ts';

/** With fewer players, the model knows too little about an item. */
const PLAYERS_MIN = 5;
/** Cosines computed at a time: 25 MB, and at most so many rows. */
const COSINES_MAX = 6_400_000;
const BLOCK = 256;
/** An isolate holds the tables of two releases while it swaps them, 8 bytes a cell: 20 per item at 100,000 items. */
const CELLS_MAX = 2e6;

/** Neighbours that a release has of each item. */
export const countNeighbours = (items: number, most: number): number =>
  Math.min(most, items, Math.floor(CELLS_MAX / Math.max(1, items)));

interface NeighbourSources {
  /** Its item similarities in either form, if it has any. */
  model: Pick<RetrievalModel, 'neighbours' | 'itemVectors'>;
  /** Undefined if the catalogue has no labels. */
  content: ItemVectors | undefined;
  /** Players by item index, as in the vocabulary. */
  counts: Int32Array;
}

/**
 * Returns the neighbours of every item, nearest first, the nearest with weight 1. An item with few players can be a
 * neighbour by content but not by the model.
 */
export async function collectNeighbours(
  { model, content, counts }: NeighbourSources,
  perItemMax: number,
): Promise<NeighbourTables> {
  const items = counts.length;
  const perItem = countNeighbours(items, perItemMax);
  const cells = items * perItem;
  const tables = { items, perItem, neighbours: new Int32Array(cells), weights: new Float32Array(cells) };
  const all = Int32Array.from(counts.keys());
  const known = all.filter((item) => counts[item]! >= PLAYERS_MIN);
  const gemm = await openGemm();
  try {
    if (model.neighbours !== undefined) copyRows(model.neighbours, known, tables);
    else if (model.itemVectors !== undefined) {
      const { data, width } = model.itemVectors;
      const withVectors = known.filter((item) => (item + 1) * width <= data.length);
      await findNearest(model.itemVectors, withVectors, withVectors, tables, gemm);
    }
    const without = all.filter((item) => tables.weights[item * perItem] === 0);
    if (content !== undefined) await findNearest(content, without, all, tables, gemm);
  } finally {
    await gemm.release();
  }
  return tables;
}

/** Writes the rows of `items`, with only those neighbours that are in `items` themselves. */
function copyRows({ perItem, neighbours, weights }: NeighbourTables, items: Int32Array, tables: NeighbourTables): void {
  const among = new Set(items);
  for (const item of items) {
    const [from, to] = [item * perItem, (item + 1) * perItem];
    const others = neighbours.subarray(from, to);
    const values = weights.subarray(from, to).map((weight, n) => (among.has(others[n]!) ? weight : 0));
    writeRow(tables, item, others, values);
  }
}

/** Writes the rows of `items`: the items of `among` at the smallest angles. */
async function findNearest(
  vectors: ItemVectors,
  items: Int32Array,
  among: Int32Array,
  tables: NeighbourTables,
  gemm: Gemm,
): Promise<void> {
  const { width } = vectors;
  const columns = transpose(unitVectors(vectors, among), width);
  const blockLength = Math.max(1, Math.min(BLOCK, Math.floor(COSINES_MAX / Math.max(1, among.length))));
  for (let start = 0; start < items.length; start += blockLength) {
    const block = items.subarray(start, start + blockLength);
    const cosines = new Float32Array(block.length * among.length);
    await gemm.multiply(unitVectors(vectors, block), columns, cosines, { m: block.length, k: width, n: among.length });
    block.forEach((item, row) => {
      writeRow(tables, item, among, cosines.subarray(row * among.length, (row + 1) * among.length));
    });
  }
}

/**
 * Writes the largest of the positive `values`, sorted and relative to the first. Each is inserted into the sorted row:
 * one comparison with the row's last value rejects nearly all, whereas a sort would move them all.
 */
function writeRow(
  { perItem, neighbours, weights }: NeighbourTables,
  item: number,
  others: Int32Array,
  values: Float32Array,
): void {
  const first = item * perItem;
  const last = first + perItem - 1;
  for (let n = 0; n < values.length; n++) {
    const value = values[n]!;
    if (!(value > weights[last]!) || others[n] === item) continue;
    let at = last;
    for (; at > first && weights[at - 1]! < value; at--) {
      neighbours[at] = neighbours[at - 1]!;
      weights[at] = weights[at - 1]!;
    }
    neighbours[at] = others[n]!;
    weights[at] = value;
  }
  const largest = weights[first]!;
  for (let at = first; at <= last && largest > 0; at++) weights[at]! /= largest;
}

/** [items.length, width]: the items' vectors scaled to length 1; a vector of zeros stays. */
function unitVectors({ data, width }: ItemVectors, items: Int32Array): Float32Array {
  const units = new Float32Array(items.length * width);
  items.forEach((item, row) => {
    const vector = data.subarray(item * width, (item + 1) * width);
    const length = Math.hypot(...vector);
    if (length > 0)
      units.set(
        vector.map((value) => value / length),
        row * width,
      );
  });
  return units;
}
