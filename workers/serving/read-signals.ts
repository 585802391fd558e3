// Asks the player's object for their signals, within a deadline. If it does not answer, the safety data that this
// isolate caches of the player still applies.

import type { Degradation } from '../../models/contracts/gallery.ts';
import { EMPTY_USER_STATE, type UserState } from '../../models/contracts/signals.ts';
import { withDeadline } from '../storage/deadline.ts';
import { toDegradation } from './degradation.ts';
import type { Moment } from './recommendation-id.ts';
import { cacheSafety, getCachedSafety, mergeSafety } from './safety.ts';

/** The answer of a player's object. */
export interface UserStateRead {
  user: UserState;
  /** False if the object has not read the player's log yet. */
  complete: boolean;
  moment: Moment;
  /** The state at the requested moment. */
  earlier?: UserState | undefined;
}

export interface SignalsRead {
  user: UserState;
  /** False if the object did not answer in time or has not read the log yet: forbidden items are then unknown. */
  isComplete: boolean;
  /** True if neither the object nor this isolate's cache knows which items must not be shown. */
  isUnknownUser: boolean;
  degraded: Degradation[];
  /** Undefined if the state is not the object's. */
  moment?: Moment;
  earlier?: UserState | undefined;
}

export const knownUser = (user: UserState, shedReason?: Degradation): SignalsRead => ({
  user,
  isComplete: true,
  isUnknownUser: false,
  degraded: shedReason === undefined ? [] : [shedReason],
});

export async function readSignals(
  userId: string,
  read: () => Promise<UserStateRead>,
  waitMs: number,
): Promise<SignalsRead> {
  try {
    const { user, complete, moment, earlier } = await withDeadline(read(), waitMs);
    if (!complete) return readCachedSafety(userId, user, LOG_NOT_READ);
    cacheSafety(userId, user);
    return { ...knownUser(user), moment, earlier };
  } catch (error) {
    return readCachedSafety(userId, EMPTY_USER_STATE, toDegradation('signals', error));
  }
}

/** Reads the log instead of the player's object. `failure`: the reason. */
export function readCachedSafety(userId: string, user: UserState, failure: Degradation): SignalsRead {
  const safety = getCachedSafety(userId);
  return safety === undefined
    ? { user, isComplete: false, isUnknownUser: true, degraded: [failure, ADULT_GAMES_LEFT_OUT] }
    : { user: mergeSafety(user, safety), isComplete: false, isUnknownUser: false, degraded: [failure] };
}

const LOG_NOT_READ: Degradation = { step: 'signals', reason: 'The player’s log has not been read yet.' };
const ADULT_GAMES_LEFT_OUT: Degradation = {
  step: 'safety',
  reason: 'The player could not be identified, so games for adults are left out.',
};
