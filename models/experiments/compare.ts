// The difference between two groups of users, and its standard error. No interval yet.

import { compareClocks } from './confidence-sequence.ts';
import type { Group } from './cuped.ts';
import { computeCovariance, ROUNDING } from './moments.ts';

export interface Difference {
  /** The variant's value less `factor` times the control's. */
  value: number;
  standardError: number;
  /** Information grows in proportion to it: answers of both groups, by `compareClocks`. */
  clock: number;
}

/**
 * Returns the difference. A small group in which nothing happened yet would seem to have no variance at all, so each
 * group's variance is taken for both if that makes the standard error larger; for groups of one size it is the same.
 */
export function compareGroups(control: Group, variant: Group, factor = 1): Difference {
  const [n, m] = [control.moments.users, variant.moments.users];
  const ofControl = factor ** 2 * computeDeviation(control);
  const ofVariant = computeDeviation(variant);
  const separate = ofControl / n + ofVariant / m;
  const pooled = (((n - 1) * ofControl + (m - 1) * ofVariant) / Math.max(1, n + m - 2)) * (1 / n + 1 / m);
  return {
    value: variant.ratio.value - factor * control.ratio.value,
    standardError: Math.max(Math.sqrt(Math.max(separate, pooled)), ROUNDING * Math.abs(variant.ratio.value)),
    clock: compareClocks(control.moments.answers, variant.moments.answers),
  };
}

const computeDeviation = ({ moments, ratio: { influence } }: Group) => computeCovariance(moments, influence, influence);
