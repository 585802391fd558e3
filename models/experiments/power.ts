// The number of further users that a significant result would take, if the true difference is the measured one.

import type { Difference } from './compare.ts';
import { computeWidth } from './confidence-sequence.ts';

/** Standard normal quantile of 0.8: with the users needed, four experiments in five show the difference. */
const POWER_QUANTILE = 0.8416;
/** If it takes more than this many times the users so far, the difference is too small to be found. */
const GROWTH_MAX = 10_000;
const HALVINGS = 40;

/**
 * Returns the number of users to add to the `users` of both groups, until the interval leaves out 0 with probability
 * 0.8: 0 if it does so already, null if it would take over 10,000 times as many.
 */
export function estimateMoreUsers(
  difference: Difference,
  users: number,
  intendedTime: number,
  alpha: number,
): number | null {
  const { value, standardError, clock } = difference;
  const isFound = (growth: number, quantile: number) =>
    (Math.abs(value) / standardError) * Math.sqrt(growth) >=
    computeWidth(clock * growth, intendedTime, alpha) + quantile;
  if (isFound(1, 0)) return 0;
  if (!isFound(GROWTH_MAX, POWER_QUANTILE)) return null;
  let [low, high] = [1, GROWTH_MAX];
  for (let step = 0; step < HALVINGS; step++) {
    const middle = Math.sqrt(low * high);
    if (isFound(middle, POWER_QUANTILE)) high = middle;
    else low = middle;
  }
  return Math.ceil(users * (high - 1));
}
