// Reads the neighbours of one item from the release's tables. It runs no model.

import { type Neighbours, NO_NEIGHBOURS } from '../../models/contracts/neighbours.ts';
import type { LoadedRelease } from './release.ts';

/** Views of the tables; empty if the release lacks the item or its neighbours. */
export function readNeighbours({ itemIndices, itemIds, neighbours }: LoadedRelease, itemId: string): Neighbours {
  const itemIndex = itemIndices.get(itemId);
  if (itemIndex === undefined) return NO_NEIGHBOURS;
  const { perItem, weights } = neighbours;
  const start = itemIndex * perItem;
  let end = start;
  while (end < start + perItem && weights[end]! > 0) end++;
  return { itemIds, positions: neighbours.neighbours.subarray(start, end), weights: weights.subarray(start, end) };
}
