// The sample ratio: whether the variants' numbers of users match their shares. If not, users are lost on one side and
// no comparison means anything. A sequential test decides, since reports are read often; χ² is for those who know it.

import { computeChiSquareTail, logGamma } from './chi-square.ts';

/** A report stops below it. */
const P_VALUE_MIN = 0.001;
/**
 * The shares of a broken assignment are thought to lie as closely around the right ones as if these were measured
 * with so many users. Losses of 10 to 20% are found soonest with some hundreds.
 */
const CONCENTRATION = 300;

export interface SampleRatio {
  /** Users with an exposure, and the number expected from the shares. */
  variants: { variant: string; users: number; expectedUsers: number }[];
  chiSquare: number;
  /** That of χ², which holds for one look only. */
  pValue: number;
  /** That of the sequential test, which holds at all looks together. */
  anytimePValue: number;
  /** True if the counts do not match the shares: the sequential test's p < 0.001. */
  isBroken: boolean;
}

/**
 * Tests users by variant against the shares, which need not add up to 1. Leave out variants that a guardrail stopped:
 * their users are no longer counted.
 */
export function testSampleRatio(counts: readonly { variant: string; share: number; users: number }[]): SampleRatio {
  const users = counts.reduce((sum, count) => sum + count.users, 0);
  const shares = counts.reduce((sum, { share }) => sum + share, 0);
  const variants = counts.map((count) => ({
    variant: count.variant,
    users: count.users,
    expectedUsers: (users * count.share) / shares,
  }));
  const chiSquare = users === 0 ? 0 : variants.reduce((sum, count) => sum + computeDeviation(count), 0);
  const pValue = counts.length < 2 ? 1 : computeChiSquareTail(chiSquare, counts.length - 1);
  const bayesFactor = computeLogBayesFactor(counts.map(({ users, share }) => ({ users, share: share / shares })));
  const anytimePValue = Math.min(1, Math.exp(-bayesFactor));
  return { variants, chiSquare, pValue, anytimePValue, isBroken: anytimePValue < P_VALUE_MIN };
}

const computeDeviation = ({ users, expectedUsers }: { users: number; expectedUsers: number }) =>
  (users - expectedUsers) ** 2 / expectedUsers;

/**
 * Natural logarithm of the Bayes factor of other shares, by a Dirichlet distribution around the right ones, against the
 * right ones. While these hold it is a martingale of mean 1 in the order of arrival, so that it ever reaches 1000 has a
 * probability of at most 0.001 (Lindon & Malek, "Anytime-valid inference for multinomial count data", 2022).
 * `counts`: shares that add up to 1.
 */
function computeLogBayesFactor(counts: readonly { users: number; share: number }[]): number {
  const all = counts.reduce((sum, { users }) => sum + users, 0);
  const ofVariants = counts.map(({ users, share }) => {
    const alpha = CONCENTRATION * share;
    return logGamma(alpha + users) - logGamma(alpha) - users * Math.log(share);
  });
  return ofVariants.reduce((sum, one) => sum + one, logGamma(CONCENTRATION) - logGamma(CONCENTRATION + all));
}
