// Selects the players whose last interactions are held out: a release is measured on them and not trained on them.

import { hashUniform } from '../features/rng.ts';

/** Enough to tell two models apart; holding out more would only cost training data. */
const USERS_ENOUGH = 10_000;
const SHARE_MAX = 0.5;
/** With fewer players, all are held out. */
const USERS_FEW = 2_000;

/** The share of players to hold out, 0–1. It never grows with the number of players. */
export const computeHoldOutShare = (users: number): number =>
  users < USERS_FEW ? 1 : Math.min(SHARE_MAX, USERS_ENOUGH / users);

/**
 * True for players in the held-out share. It depends on the id alone, and a smaller share is part of a larger one: a
 * player who is held out now was held out from every earlier release too. So no release in use was trained on the test,
 * and the very file that was measured can be published, without a second training on everything.
 */
export const isHeldOut = (userId: string, share: number): boolean => hashUniform(userId) < share * 2 ** 32;
