// The gate: decides if a candidate may replace the release in use. It publishes nothing.

import { computeMean } from '../evaluation/metrics.ts';
import { estimateDifference } from '../evaluation/significance.ts';

/** NDCG@10 by player (see measureUsers): the same held-out players in the same order. */
interface GateFigures {
  candidate: Float64Array;
  popularity: Float64Array;
  /** Undefined if no release is in use. */
  current: Float64Array | undefined;
}

export interface Verdict {
  publish: boolean;
  /** The figures that decided, for people. */
  reason: string;
}

/** One-sided 95% of a normal distribution. */
const NOISE_STANDARD_ERRORS = 1.645;

/**
 * Publishes if NDCG@10 is above popularity's and not below that of the release in use by more than noise: 1.645
 * standard errors of the paired difference.
 */
export function judge({ candidate, popularity, current }: GateFigures): Verdict {
  const figure = (value: number) => value.toFixed(4);
  const own = computeMean(candidate);
  const bar = computeMean(popularity);
  const against = `NDCG@10 ${figure(own)}, popularity ${figure(bar)}`;
  if (own <= bar) return { publish: false, reason: `${against}: no better than showing everyone the same` };
  if (current === undefined) return { publish: true, reason: against };
  const { mean, standardError } = estimateDifference(candidate, current);
  const noise = NOISE_STANDARD_ERRORS * standardError;
  const comparison =
    `${against}, release in use ${figure(computeMean(current))} ` +
    `(difference ${figure(mean)}, noise ±${figure(noise)})`;
  return mean < -noise
    ? { publish: false, reason: `${comparison}: worse than the release in use` }
    : { publish: true, reason: comparison };
}
