// A guardrail: a one-sided test, which may be read at any time, of whether a variant is worse than the control by more
// than its limit.

import { compareGroups } from './compare.ts';
import { computeOneSidedWidth, USERS_MIN } from './confidence-sequence.ts';
import type { Group } from './cuped.ts';
import { computeCovariance, type Moments } from './moments.ts';
import { estimateRatio } from './ratio.ts';

/**
 * The clock at which a breach is found earliest, see `compareClocks`: two thousand answers of each group. It is small
 * so that a harmful variant is stopped early.
 */
const INTENDED_ANSWERS = 1_000;

export interface HarmTest {
  control: number | null;
  value: number | null;
  /** The value is worse than the limit allows by at least this; null with fewer than 30 users on a side. */
  bound: number | null;
  isBreached: boolean;
}

export interface HarmOptions {
  /** The allowed difference, as a share of the control's value. */
  limit: number;
  isLowerBetter: boolean;
  /** The probability that a harmless variant ever breaches. */
  alpha: number;
}

export function testHarm(control: Moments, variant: Moments, options: HarmOptions): HarmTest {
  const [ofControl, ofVariant] = [estimateRatio(control), estimateRatio(variant)];
  const bound =
    ofControl === null || ofVariant === null || Math.min(control.users, variant.users) < USERS_MIN
      ? null
      : boundHarm({ moments: control, ratio: ofControl }, { moments: variant, ratio: ofVariant }, options);
  return {
    control: ofControl?.value ?? null,
    value: ofVariant?.value ?? null,
    bound,
    isBreached: bound !== null && bound > 0,
  };
}

function boundHarm(control: Group, variant: Group, { limit, isLowerBetter, alpha }: HarmOptions): number {
  const allowed = isLowerBetter ? 1 + limit : 1 - limit;
  const { value, standardError, clock } = compareGroups(control, variant, allowed);
  return (isLowerBetter ? value : -value) - standardError * computeOneSidedWidth(clock, INTENDED_ANSWERS, alpha);
}

/** Tests a rate that is better if lower against a limit of its own, for want of a control. */
export function testRate(moments: Moments, limit: number, alpha: number): HarmTest {
  const ratio = estimateRatio(moments);
  const bound = ratio === null || moments.users < USERS_MIN ? null : boundRate({ moments, ratio }, alpha) - limit;
  return { control: null, value: ratio?.value ?? null, bound, isBreached: bound !== null && bound > 0 };
}

function boundRate({ moments, ratio: { value, influence } }: Group, alpha: number): number {
  const standardError = Math.sqrt(computeCovariance(moments, influence, influence) / moments.users);
  return value - standardError * computeOneSidedWidth(moments.answers, INTENDED_ANSWERS, alpha);
}
