// Finds the position of a game in a gallery, as events name it.

import { listPositions } from '../../client/impressions.ts';
import type { EventInput } from '../../models/contracts/event.ts';
import type { Gallery } from '../../models/contracts/gallery.ts';

/** Empty for a game that is not in the gallery. */
export function findPosition(gallery: Gallery, itemId: string): Pick<EventInput, 'recommendationId' | 'position'> {
  const position = listPositions(gallery).get(itemId);
  return position === undefined ? {} : { recommendationId: gallery.recommendationId, position };
}
