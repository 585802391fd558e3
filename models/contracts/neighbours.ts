// The neighbours of every item, as a release carries them in neighbours.bin: what `similar` shows, and what scores where
// ORT cannot start. Written by the trainer, read at the edge; how they are found is models/algorithms/nearest.ts.

import { fail, ok, type Result } from './result.ts';

/** Item-to-item weights, as much of them as is kept. */
export interface NeighbourTables {
  items: number;
  perItem: number;
  /** [items, perItem] places in the vocabulary; where an item has fewer, any place with weight 0. */
  neighbours: Int32Array;
  /** [items, perItem]. */
  weights: Float32Array;
}

/** More than a row of the page shows, also to a player who has most of them. */
export const NEIGHBOURS_PER_ITEM_MAX = 50;
const CELL_BYTES = 8;

/** int32 [items, perItem] places, then float32 [items, perItem] weights, little-endian as all that runs this is. */
export function encodeNeighbourFile({ neighbours, weights }: NeighbourTables): Uint8Array {
  const file = new Uint8Array(neighbours.byteLength + weights.byteLength);
  file.set(new Uint8Array(neighbours.buffer, neighbours.byteOffset, neighbours.byteLength));
  file.set(new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength), neighbours.byteLength);
  return file;
}

/**
 * The tables of a file, as views of it; its start must be aligned to 4 bytes. Fails where it is of another size, a place
 * lies outside the vocabulary or is the item itself, or the weights of a row are not between 0 and 1, the nearest first.
 */
export function decodeNeighbourFile(file: Uint8Array, items: number, perItem: number): Result<NeighbourTables, string> {
  const cells = items * perItem;
  if (file.length !== cells * CELL_BYTES)
    return fail(
      `${file.length} bytes of neighbours, where ${perItem} for each of ${items} items take ${cells * CELL_BYTES}`,
    );
  const neighbours = new Int32Array(file.buffer, file.byteOffset, cells);
  const weights = new Float32Array(file.buffer, file.byteOffset + neighbours.byteLength, cells);
  for (let cell = 0; cell < cells; cell++) {
    const place = neighbours[cell]!;
    const weight = weights[cell]!;
    const weightMax = cell % perItem === 0 ? 1 : weights[cell - 1]!;
    if (!(place >= 0 && place < items)) return fail(`a neighbour at place ${place} of a vocabulary of ${items} items`);
    if (!(weight >= 0 && weight <= weightMax))
      return fail(`a neighbour's weight of ${weight}, where 0 to ${weightMax} is allowed`);
    if (weight > 0 && place === Math.floor(cell / perItem)) return fail(`item ${place} as its own neighbour`);
  }
  return ok({ items, perItem, neighbours, weights });
}
