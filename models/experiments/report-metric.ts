// One metric of a report, for one group of users: every variant against the control.

import type { VariantEstimate } from '../contracts/experiment-report.ts';
import { compareGroups, type Difference } from './compare.ts';
import { computeWidth, USERS_MIN } from './confidence-sequence.ts';
import { adjust, type Group } from './cuped.ts';
import type { Moments } from './moments.ts';
import { estimateMoreUsers } from './power.ts';
import { estimateRatio } from './ratio.ts';

/**
 * The clock at which intervals are to be as short as possible, see `compareClocks`: ten thousand answers of each group.
 * At ten times as many they are a tenth wider than they could be.
 */
const INTENDED_ANSWERS = 5_000;

/** Compares a variant with the control. `alpha`: the probability that its interval is ever wrong. */
export function compareVariant(
  variant: string,
  { control, moments, alpha }: { control: Moments; moments: Moments; alpha: number },
): VariantEstimate {
  const groups = { control: formGroup(control), variant: formGroup(moments) };
  const measured = { variant, users: moments.users, value: groups.variant?.ratio.value ?? null };
  if (groups.control === null || groups.variant === null) return { ...measured, ...NOT_COMPARED };
  const raw = compareGroups(groups.control, groups.variant);
  const isEnough = Math.min(control.users, moments.users) >= USERS_MIN;
  if (!isEnough) return { ...measured, ...NOT_COMPARED, difference: raw.value };
  const both = adjust(groups.control, groups.variant);
  const adjusted = both && compareGroups(both.control, both.variant);
  const judged = adjusted ?? raw;
  return {
    ...measured,
    difference: raw.value,
    interval: boundDifference(raw, alpha),
    adjustedDifference: adjusted?.value ?? null,
    cupedInterval: adjusted && boundDifference(adjusted, alpha),
    isSignificant: excludesZero(boundDifference(judged, alpha)),
    moreUsersNeeded: estimateMoreUsers(judged, control.users + moments.users, INTENDED_ANSWERS, alpha),
  };
}

const NOT_COMPARED = {
  difference: null,
  interval: null,
  adjustedDifference: null,
  cupedInterval: null,
  isSignificant: false,
  moreUsersNeeded: null,
};

function formGroup(moments: Moments): Group | null {
  const ratio = estimateRatio(moments);
  return ratio && { moments, ratio };
}

function boundDifference({ value, standardError, clock }: Difference, alpha: number): [number, number] {
  const width = standardError * computeWidth(clock, INTENDED_ANSWERS, alpha);
  return [value - width, value + width];
}

const excludesZero = ([low, high]: readonly [number, number]) => low > 0 || high < 0;
