// The neighbours of every item, neighbours.bin of a release: shown by `similar`, and used to score if ORT cannot start.
// Written by the trainer, read at the edge. Finding them: models/algorithms/nearest.ts.

import { fail, ok, type Result } from './result.ts';

/** The largest item-to-item weights. */
export interface NeighbourTables {
  items: number;
  perItem: number;
  /** [items, perItem] item indices; if an item has fewer neighbours, any index with weight 0. */
  neighbours: Int32Array;
  /** [items, perItem]. */
  weights: Float32Array;
}

/** The neighbours of one item, nearest first. */
export interface Neighbours {
  /** The release's vocabulary. */
  itemIds: readonly string[];
  /** In the vocabulary. */
  positions: Int32Array;
  /** 0–1. */
  weights: Float32Array;
}

export const NO_NEIGHBOURS: Neighbours = { itemIds: [], positions: new Int32Array(0), weights: new Float32Array(0) };

/** More than a row shows, even to a player who owns most of them. */
export const NEIGHBOURS_PER_ITEM_MAX = 50;
const CELL_BYTES = 8;

/**
 * int32 [items, perItem] item indices, then float32 [items, perItem] weights, little-endian like every platform in use.
 */
export function encodeNeighbourFile({ neighbours, weights }: NeighbourTables): Uint8Array {
  const file = new Uint8Array(neighbours.byteLength + weights.byteLength);
  file.set(new Uint8Array(neighbours.buffer, neighbours.byteOffset, neighbours.byteLength));
  file.set(new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength), neighbours.byteLength);
  return file;
}

/**
 * The tables as views of the file, whose start must be aligned to 4 bytes. Fails if its size is wrong, an index is
 * outside the vocabulary or is the item itself, or the weights of a row do not descend from at most 1 to 0.
 */
export function decodeNeighbourFile(file: Uint8Array, items: number, perItem: number): Result<NeighbourTables, string> {
  const cells = items * perItem;
  if (file.length !== cells * CELL_BYTES)
    return fail(
      `${file.length} bytes of neighbours, but ${perItem} for each of ${items} items take ${cells * CELL_BYTES}`,
    );
  const neighbours = new Int32Array(file.buffer, file.byteOffset, cells);
  const weights = new Float32Array(file.buffer, file.byteOffset + neighbours.byteLength, cells);
  for (let cell = 0; cell < cells; cell++) {
    const itemIndex = neighbours[cell]!;
    const weight = weights[cell]!;
    const weightMax = cell % perItem === 0 ? 1 : weights[cell - 1]!;
    if (!(itemIndex >= 0 && itemIndex < items))
      return fail(`a neighbour with index ${itemIndex} in a vocabulary of ${items} items`);
    if (!(weight >= 0 && weight <= weightMax))
      return fail(`a neighbour's weight of ${weight}, but 0 to ${weightMax} is allowed`);
    if (weight > 0 && itemIndex === Math.floor(cell / perItem)) return fail(`item ${itemIndex} is its own neighbour`);
  }
  return ok({ items, perItem, neighbours, weights });
}
