// Which picture stands for a game: the catalogue's own, or one that the Worker draws from its genre and id.

import type { Item } from '../models/contracts/item.ts';

export const coverOf = (item: Item): string => item.coverUrl ?? drawnCoverOf(item);

export const drawnCoverOf = ({ itemId, genres }: Item): string =>
  `/covers/${encodeURIComponent(genres[0] ?? 'Game')}/${hash(itemId)}.svg`;

/** FNV-1a, 32 bits: the same id always gets the same picture. */
export function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) state = Math.imul(state ^ text.charCodeAt(at), 0x01000193);
  return state >>> 0;
}
