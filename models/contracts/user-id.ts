// The form of a player's id, and the ids that have a meaning: `me`, and those of guests.

import { Id } from './id.ts';

/** Stands for the token's player in a path. */
export const ME = 'me';
/** Reserved: the ids of guests begin with it, and no other, so that nobody has to look up who is a guest. */
export const GUEST_PREFIX = 'guest:';

export const isGuestId = (userId: string): boolean => userId.startsWith(GUEST_PREFIX);

export const UserId = Id.refine((id) => id !== ME, 'must not be “me”, which stands for the player of a token');
