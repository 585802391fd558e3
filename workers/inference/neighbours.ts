// The neighbours of one item, from the tables that the release brought: no model runs.

import type { ItemScore } from '../../models/contracts/statistics.ts';
import type { LoadedRelease } from './release.ts';

/** [itemId, weight 0–1], nearest first; empty where the release does not know the item, or nothing near it. */
export function readNeighbours(
  { itemIndices: places, itemIds, neighbours }: LoadedRelease,
  itemId: string,
): ItemScore[] {
  const place = places.get(itemId);
  if (place === undefined) return [];
  const read: ItemScore[] = [];
  for (let n = place * neighbours.perItem; n < (place + 1) * neighbours.perItem; n++) {
    const weight = neighbours.weights[n]!;
    if (weight === 0) break;
    read.push([itemIds[neighbours.neighbours[n]!]!, weight]);
  }
  return read;
}
