// The gate: decides if a candidate may replace the release in use. It publishes nothing.

import { computeMean } from '../evaluation/metrics.ts';
import { estimateDifference } from '../evaluation/significance.ts';

/** NDCG@10 by player (see measureUsers): the same held-out players in the same order. */
interface GateFigures {
  candidate: Float64Array;
  popularity: Float64Array;
  /** Undefined if no release is in use. */
  current: Float64Array | undefined;
  /** The last releases, ten at most; the one in use may be among them. */
  recent: readonly Float64Array[];
}

export interface Verdict {
  publish: boolean;
  /** The figures that decided, for people. */
  reason: string;
}

/**
 * Standard errors of noise when comparing with the best of one to ten releases: the one-sided 5% of a normal
 * distribution, divided by their number (Bonferroni), since the best of several equal ones is also the luckiest.
 */
const NOISE_STANDARD_ERRORS = [1.645, 1.96, 2.128, 2.241, 2.326, 2.394, 2.45, 2.498, 2.539, 2.576] as const;
export const RECENT_MAX = NOISE_STANDARD_ERRORS.length;

/**
 * Publishes if NDCG@10 is above popularity's, and not below that of the release in use, nor below that of the best of
 * the last ten, by more than noise. Without the second comparison, each of many releases could be a little worse than
 * the one before.
 */
export function judge({ candidate, popularity, current, recent }: GateFigures): Verdict {
  const figure = (value: number) => value.toFixed(4);
  const own = computeMean(candidate);
  const bar = computeMean(popularity);
  const against = `NDCG@10 ${figure(own)}, popularity ${figure(bar)}`;
  if (own <= bar) return { publish: false, reason: `${against}: no better than showing everyone the same` };
  const rivals: Rival[] = [];
  if (current !== undefined) rivals.push({ name: 'the release in use', ndcgAt10: current, compared: 1 });
  const best = findBest(recent);
  if (best !== undefined && best !== current)
    rivals.push({ name: `the best of the last ${recent.length}`, ndcgAt10: best, compared: recent.length });
  const reasons = [against];
  for (const { name, ndcgAt10, compared } of rivals) {
    const { mean, standardError } = estimateDifference(candidate, ndcgAt10);
    const noise = NOISE_STANDARD_ERRORS[compared - 1]! * standardError;
    reasons.push(`${name} ${figure(computeMean(ndcgAt10))} (difference ${figure(mean)}, noise ±${figure(noise)})`);
    if (mean < -noise) return { publish: false, reason: `${reasons.join(', ')}: worse than ${name}` };
  }
  return { publish: true, reason: reasons.join(', ') };
}

interface Rival {
  name: string;
  ndcgAt10: Float64Array;
  /** Number of releases that it was chosen from. */
  compared: number;
}

const findBest = (recent: readonly Float64Array[]): Float64Array | undefined =>
  recent.reduce<Float64Array | undefined>(
    (best, figures) => (best === undefined || computeMean(figures) > computeMean(best) ? figures : best),
    undefined,
  );
