// Which players training never sees, and which of these are asked for the report: by their ids alone, so that the same seed
// gives the same players whatever others there are.

import { isHeldOut } from '../data/hold-out.ts';

const TEST_SHARE = 0.1;
/** Of the players, the test's included: those in between are the validation's. */
const UNSEEN_SHARE = 0.2;

/** Undefined for a player who is learnt from. */
export function assignPart(userId: string, seed: number): 'test' | 'validation' | undefined {
  const draw = `${seed}/${userId}`;
  if (!isHeldOut(draw, UNSEEN_SHARE)) return undefined;
  return isHeldOut(draw, TEST_SHARE) ? 'test' : 'validation';
}
