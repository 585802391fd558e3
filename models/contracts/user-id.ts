// The format of a player's id, and the reserved ids: `me`, and those of guests.

import { Id } from './id.ts';

/** Stands for the token's player in a path. */
export const ME = 'me';
/** Reserved prefix: guests' ids begin with it, and no other ids do, so recognising a guest needs no lookup. */
export const GUEST_PREFIX = 'guest:';

export const isGuestId = (userId: string): boolean => userId.startsWith(GUEST_PREFIX);

export const UserId = Id.refine((id) => id !== ME, 'must not be “me”, which stands for the player of a token');
