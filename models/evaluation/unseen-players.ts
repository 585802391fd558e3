// Assigns players to training, validation or test by their ids alone: the same seed gives the same players, regardless
// of the others.

import { isHeldOut } from '../data/hold-out.ts';

const TEST_SHARE = 0.1;
/** Share of all players, the test's included: the others are the validation's. */
const UNSEEN_SHARE = 0.2;

/** Undefined for a player to train on. */
export function assignPart(userId: string, seed: number): 'test' | 'validation' | undefined {
  const draw = `${seed}/${userId}`;
  if (!isHeldOut(draw, UNSEEN_SHARE)) return undefined;
  return isHeldOut(draw, TEST_SHARE) ? 'test' : 'validation';
}
