// A guardrail: a one-sided test all along of whether a variant is worse than the control by more than its limit.

import { compareGroups } from './compare.ts';
import { computeOneSidedWidth, USERS_MIN } from './confidence-sequence.ts';
import type { Group } from './cuped.ts';
import type { Moments } from './moments.ts';
import { estimateRatio } from './ratio.ts';

/**
 * The clock at which a breach is found earliest, see `compareClocks`: two thousand answers of each group. Small, as a
 * harmful variant is to be stopped early.
 */
const INTENDED_ANSWERS = 1_000;

export interface HarmTest {
  control: number | null;
  value: number | null;
  /** The value is above (1 + limit) × the control's by at least this; null with fewer than 30 users on a side. */
  bound: number | null;
  isBreached: boolean;
}

/** Tests a metric that is better if lower. `alpha`: the probability that a harmless variant ever breaches. */
export function testHarm(control: Moments, variant: Moments, limit: number, alpha: number): HarmTest {
  const [ofControl, ofVariant] = [estimateRatio(control), estimateRatio(variant)];
  const bound =
    ofControl === null || ofVariant === null || Math.min(control.users, variant.users) < USERS_MIN
      ? null
      : boundHarm({ moments: control, ratio: ofControl }, { moments: variant, ratio: ofVariant }, limit, alpha);
  return {
    control: ofControl?.value ?? null,
    value: ofVariant?.value ?? null,
    bound,
    isBreached: bound !== null && bound > 0,
  };
}

function boundHarm(control: Group, variant: Group, limit: number, alpha: number): number {
  const { value, standardError, clock } = compareGroups(control, variant, 1 + limit);
  return value - standardError * computeOneSidedWidth(clock, INTENDED_ANSWERS, alpha);
}
