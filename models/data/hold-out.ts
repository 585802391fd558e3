// Which players' last choice a release is measured on, and therefore does not learn from.

import { hashUniform } from '../features/rng.ts';

/** Enough to tell two models apart; more would be lost to training. */
const USERS_ENOUGH = 10_000;
const SHARE_MAX = 0.5;
/** Below this many players each one counts: all are held out. */
const USERS_FEW = 2_000;

/** The share of players to hold out. Never grows with the number of players. */
export const computeHoldOutShare = (users: number): number =>
  users < USERS_FEW ? 1 : Math.min(SHARE_MAX, USERS_ENOUGH / users);

/**
 * Whether the player is in the held-out share. It depends on nothing but the id, and a smaller share is part of a larger
 * one: whoever is held out now was held out from every earlier release too. So no release in use has learnt what the
 * comparison asks, and the very file that was measured can be published: no second training on everything.
 */
export const isHeldOut = (userId: string, share: number): boolean => hashUniform(userId) < share * 2 ** 32;
