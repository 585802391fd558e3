// The ratio of two sums over users, such as clicks per impression, and its deviation by user: the delta method (Deng,
// Knoblich & Lu 2018, "Applying the Delta Method in Metric Analytics"). A mean is a ratio to users.

import type { Moments } from './moments.ts';

export interface Ratio {
  value: number;
  /**
   * [4] coefficients of the terms of `Moments`: a user's combination of them is the user's influence on the value, up
   * to a constant. The value's variance is that of the combination, divided by the number of users.
   */
  influence: readonly number[];
}

/** Returns null if the denominator's sum is 0: nothing was measured. */
export function estimateRatio({ users, sums }: Moments): Ratio | null {
  const [numerator, denominator] = sums as [number, number, number, number];
  if (denominator === 0) return null;
  const value = numerator / denominator;
  const perUser = users / denominator;
  return { value, influence: [perUser, -value * perUser, 0, 0] };
}
