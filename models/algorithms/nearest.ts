// The neighbours that a release carries: of an item that enough players chose, what the model has learnt; of any other,
// what its content says. The file's form is models/contracts/neighbours.ts.

import type { NeighbourTables } from '../contracts/neighbours.ts';
import type { Gemm } from '../linalg/gemm.ts';
import { transpose } from '../linalg/transpose.ts';
import { openGemm } from '../onnx/gemm.ts';
import type { ItemVectors, RetrievalModel } from './algorithm.ts';

/** Fewer say too little about what goes with an item. */
const PLAYERS_MIN = 5;
/** Rows that are multiplied at a time: 25 MB of cosines at 25,000 items. */
const BLOCK = 256;

export interface NeighbourSources {
  /** What it says of two items alone, if it does. */
  model: Pick<RetrievalModel, 'neighbours' | 'itemVectors'>;
  /** Undefined where nothing is known of the items. */
  content: ItemVectors | undefined;
  /** Players who chose each item. */
  counts: Int32Array;
}

/**
 * The neighbours of every item, the nearest first and at 1. An item that few chose is nobody's neighbour by what the model
 * has learnt; by content it may be.
 */
export async function collectNeighbours(
  { model, content, counts }: NeighbourSources,
  perItemMax: number,
): Promise<NeighbourTables> {
  const items = counts.length;
  const perItem = Math.min(perItemMax, items);
  const cells = items * perItem;
  const tables = { items, perItem, neighbours: new Int32Array(cells), weights: new Float32Array(cells) };
  const all = Int32Array.from(counts.keys());
  const chosen = all.filter((item) => counts[item]! >= PLAYERS_MIN);
  const gemm = await openGemm();
  try {
    if (model.neighbours !== undefined) copyRows(model.neighbours, chosen, tables);
    else if (model.itemVectors !== undefined) await findNearest(model.itemVectors, chosen, chosen, tables, gemm);
    const without = all.filter((item) => tables.weights[item * perItem] === 0);
    if (content !== undefined) await findNearest(content, without, all, tables, gemm);
  } finally {
    await gemm.release();
  }
  return tables;
}

/** Writes the rows of the items `asked`, as far as their neighbours are among those too. */
function copyRows({ perItem, neighbours, weights }: NeighbourTables, asked: Int32Array, tables: NeighbourTables): void {
  const among = new Set(asked);
  for (const item of asked) {
    const [from, to] = [item * perItem, (item + 1) * perItem];
    const places = neighbours.subarray(from, to);
    const values = weights.subarray(from, to).map((weight, n) => (among.has(places[n]!) ? weight : 0));
    writeRow(tables, item, places, values);
  }
}

/** Writes the rows of the items `asked`: the items of `among` at the smallest angles. */
async function findNearest(
  vectors: ItemVectors,
  asked: Int32Array,
  among: Int32Array,
  tables: NeighbourTables,
  gemm: Gemm,
): Promise<void> {
  const { width } = vectors;
  const columns = transpose(unitVectors(vectors, among), width);
  for (let start = 0; start < asked.length; start += BLOCK) {
    const block = asked.subarray(start, start + BLOCK);
    const cosines = new Float32Array(block.length * among.length);
    await gemm.multiply(unitVectors(vectors, block), columns, cosines, { m: block.length, k: width, n: among.length });
    block.forEach((item, row) => {
      writeRow(tables, item, among, cosines.subarray(row * among.length, (row + 1) * among.length));
    });
  }
}

/**
 * Keeps the largest of the positive `values`, sorted and relative to the first. The row itself is the sorted list that
 * each is inserted into: nearly all are refused by one comparison with its last, where sorting would touch them all.
 */
function writeRow(
  { perItem, neighbours, weights }: NeighbourTables,
  item: number,
  places: Int32Array,
  values: Float32Array,
): void {
  const first = item * perItem;
  const last = first + perItem - 1;
  for (let n = 0; n < values.length; n++) {
    const value = values[n]!;
    if (!(value > weights[last]!) || places[n] === item) continue;
    let at = last;
    for (; at > first && weights[at - 1]! < value; at--) {
      neighbours[at] = neighbours[at - 1]!;
      weights[at] = weights[at - 1]!;
    }
    neighbours[at] = places[n]!;
    weights[at] = value;
  }
  const largest = weights[first]!;
  for (let at = first; at <= last && largest > 0; at++) weights[at]! /= largest;
}

/** [items.length, width], each of length 1; one of length 0 stays. */
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
