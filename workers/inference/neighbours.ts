// Reads the neighbours of one item from the release's tables. It runs no model.

import type { ItemScore } from '../../models/contracts/statistics.ts';
import type { LoadedRelease } from './release.ts';

/** [itemId, weight 0–1], nearest first; empty if the release has no such item, or no neighbours of it. */
export function readNeighbours({ itemIndices, itemIds, neighbours }: LoadedRelease, itemId: string): ItemScore[] {
  const itemIndex = itemIndices.get(itemId);
  if (itemIndex === undefined) return [];
  const read: ItemScore[] = [];
  for (let n = itemIndex * neighbours.perItem; n < (itemIndex + 1) * neighbours.perItem; n++) {
    const weight = neighbours.weights[n]!;
    if (weight === 0) break;
    read.push([itemIds[neighbours.neighbours[n]!]!, weight]);
  }
  return read;
}
