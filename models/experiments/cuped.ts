// CUPED: what users did in the days before their exposure predicts part of what they do after it, and this part is
// subtracted (Deng, Xu, Kohavi & Walker 2013, "Improving the Sensitivity of Online Controlled Experiments by Utilizing
// Pre-Experiment Data"). For ratios both sides are linearised.

import { addMoments, computeCovariance, MOMENT_PAIRS, type Moments, ROUNDING } from './moments.ts';
import type { Ratio } from './ratio.ts';

export interface Group {
  moments: Moments;
  ratio: Ratio;
}

/**
 * Returns both groups with their values and influences adjusted, by one coefficient θ for both; null if users do not
 * differ before their exposure. With a correlation r, the variance is multiplied by 1 − r².
 */
export function adjust(control: Group, variant: Group): { control: Group; variant: Group } | null {
  const both = addMoments(control.moments, variant.moments);
  const [, , numerator, denominator] = both.sums as [number, number, number, number];
  if (denominator === 0) return null;
  // The same for both groups: before the exposure there is no difference between them.
  const before = [0, 0, 1, -numerator / denominator];
  const pool = (a: readonly number[], b: readonly number[]) =>
    sumSquares(control.moments, a, before) + sumSquares(variant.moments, b, before);
  const spread = pool(before, before);
  // Two numbers that nearly cancel out leave rounding errors, which would look like a habit of the users.
  const size = weighSquares(both, before);
  if (spread <= ROUNDING * size) return null;
  const theta = pool(control.ratio.influence, variant.ratio.influence) / spread;
  const adjustGroup = ({ moments, ratio }: Group): Group => {
    const mean = before.reduce((sum, coefficient, n) => sum + coefficient * moments.sums[n]!, 0) / moments.users;
    const influence = ratio.influence.map((coefficient, n) => coefficient - theta * before[n]!);
    return { moments, ratio: { value: ratio.value - theta * mean, influence } };
  };
  return { control: adjustGroup(control), variant: adjustGroup(variant) };
}

/** Sum over users of the squares of the combination's parts. */
const weighSquares = ({ products }: Moments, coefficients: readonly number[]): number =>
  MOMENT_PAIRS.reduce((sum, [a, b], n) => (a === b ? sum + coefficients[a]! ** 2 * products[n]! : sum), 0);

const sumSquares = (moments: Moments, a: readonly number[], b: readonly number[]) =>
  computeCovariance(moments, a, b) * Math.max(0, moments.users - 1);
