// Which picture stands for a game: the catalogue's own, or one that the Worker draws from its genre and id.

import type { Item } from '../models/contracts/item.ts';
import { hashName } from '../models/features/rng.ts';

export const coverOf = (item: Item): string => item.coverUrl ?? drawnCoverOf(item);

export const drawnCoverOf = ({ itemId, genres }: Item): string =>
  `/covers/${encodeURIComponent(genres[0] ?? 'Game')}/${hashName(itemId)}.svg`;
