// The sample ratio: whether the variants' numbers of users match their shares. If not, users are lost on one side, and
// no comparison means anything.

import { computeChiSquareTail } from './chi-square.ts';

/** A report stops below it. */
const P_VALUE_MIN = 0.001;

export interface SampleRatio {
  /** Users with an exposure, and the number expected from the shares. */
  variants: { variant: string; users: number; expectedUsers: number }[];
  chiSquare: number;
  pValue: number;
  /** True if the counts do not match the shares: p < 0.001. */
  isBroken: boolean;
}

/**
 * Pearson's χ² test of users by variant against the shares, which need not add up to 1. Leave out variants that a
 * guardrail stopped: their users are no longer counted.
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
  return { variants, chiSquare, pValue, isBroken: pValue < P_VALUE_MIN };
}

const computeDeviation = ({ users, expectedUsers }: { users: number; expectedUsers: number }) =>
  (users - expectedUsers) ** 2 / expectedUsers;
