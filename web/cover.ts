// The address of a game's cover: the catalogue's own, or one that is drawn from its genre and id.

import type { Item } from '../models/contracts/item.ts';
import { hashString } from '../models/features/rng.ts';

export const coverUrlOf = (item: Item): string => item.coverUrl ?? drawnCoverUrlOf(item);

export const drawnCoverUrlOf = ({ itemId, genres }: Item): string =>
  `/covers/${encodeURIComponent(genres[0] ?? 'Game')}/${hashString(itemId)}.svg`;
