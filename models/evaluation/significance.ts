// The uncertainty of figures: intervals of means, and tests of differences on the same players. It covers the sampling
// of players and nothing else.

import type { Random } from '../data/random.ts';
import { computeMean } from './metrics.ts';

const RESAMPLES = 1_000;
const OUTSIDE = 0.05;
const FLIPS = 2_000;
/** Relative rounding error of sums of the same numbers in another order. */
const ROUNDING = 1e-12;

export type Interval = [low: number, high: number];

/**
 * 95% intervals of the means of `columns`, one value per player each: the percentile bootstrap of Efron 1979,
 * "Bootstrap Methods: Another Look at the Jackknife". All columns use the same resampled players.
 */
export function bootstrapMeans(columns: readonly Float64Array[], random: Random): Interval[] {
  const users = columns[0]?.length ?? 0;
  if (users === 0) return columns.map(() => [0, 0]);
  const means = columns.map(() => new Float64Array(RESAMPLES));
  // The number of times each player was drawn: the sums then read every column in its order.
  const times = new Float64Array(users);
  for (let resample = 0; resample < RESAMPLES; resample++) {
    times.fill(0);
    for (let drawn = 0; drawn < users; drawn++) times[random.below(users)]!++;
    columns.forEach((column, n) => {
      let sum = 0;
      for (let user = 0; user < users; user++) sum += times[user]! * column[user]!;
      means[n]![resample] = sum / users;
    });
  }
  const low = (RESAMPLES * OUTSIDE) / 2;
  return means.map((ofColumn, n) => {
    const sorted = ofColumn.sort();
    // If all values are equal, rounding could leave the mean outside its interval.
    const mean = computeMean(columns[n]!);
    return [Math.min(mean, sorted[low]!), Math.max(mean, sorted[RESAMPLES - 1 - low]!)];
  });
}

/**
 * p-value of the mean difference: Fisher's randomisation test, two-sided, as Smucker, Allan & Carterette 2007 advise
 * ("A Comparison of Statistical Significance Tests for Information Retrieval Evaluation"). The sign of each player's
 * difference is random under the null hypothesis. At least 1 / 2,001.
 */
export function comparePaired(a: Float64Array, b: Float64Array, random: Random): number {
  // Players without a difference change no sum.
  const differences = a.map((value, user) => value - b[user]!).filter((difference) => difference !== 0);
  const observed = Math.abs(differences.reduce((sum, difference) => sum + difference, 0)) * (1 - ROUNDING);
  let asLarge = 1;
  for (let flip = 0; flip < FLIPS; flip++) {
    let sum = 0;
    for (let user = 0; user < differences.length; user++)
      sum += random.next() < 0.5 ? differences[user]! : -differences[user]!;
    if (Math.abs(sum) >= observed) asLarge++;
  }
  return asLarge / (FLIPS + 1);
}

/** The mean of the paired differences a − b over the same players, and its standard error. */
export function estimateDifference(a: Float64Array, b: Float64Array): { mean: number; standardError: number } {
  const differences = a.map((value, user) => value - b[user]!);
  const mean = computeMean(differences);
  const squares = differences.reduce((sum, difference) => sum + (difference - mean) ** 2, 0);
  return { mean, standardError: Math.sqrt(squares / Math.max(1, differences.length - 1) / differences.length) };
}
