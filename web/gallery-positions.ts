// The positions of a gallery's games, counted over all rows from 0, as events name them.

import type { EventInput } from '../models/contracts/event.ts';
import type { Gallery } from '../models/contracts/gallery.ts';

export const listPositions = ({ rows }: Gallery): Map<string, number> =>
  new Map(rows.flatMap((row) => row.items).map(({ itemId }, position) => [itemId, position]));

/** Empty for a game that is not in the gallery. */
export function findPosition(gallery: Gallery, itemId: string): Pick<EventInput, 'recommendationId' | 'position'> {
  const position = listPositions(gallery).get(itemId);
  return position === undefined ? {} : { recommendationId: gallery.recommendationId, position };
}
