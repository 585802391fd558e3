// The URL of a game's cover: the catalogue's, or a generated one.

import { drawnCoverPath } from '../../models/contracts/cover.ts';
import type { Item } from '../../models/contracts/item.ts';
import { hashString } from '../../models/features/rng.ts';

export const coverUrlOf = (item: Item): string => item.coverUrl ?? drawnCoverUrlOf(item);

export const drawnCoverUrlOf = ({ itemId, genres }: Item): string => drawnCoverPath(genres[0], hashString(itemId));
