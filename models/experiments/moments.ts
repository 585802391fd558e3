// Sums over users of one metric's terms, from which everything in a report is computed: a database can deliver them
// without its users, and sums of groups add up. No estimate yet.

/** A user's terms, in the order of all vectors here; the last two are those of the days before the exposure. */
export const MOMENT_TERMS = ['numerator', 'denominator', 'numeratorBefore', 'denominatorBefore'] as const;
/** Indices into the terms, in the order of `Moments.products`. */
export const MOMENT_PAIRS = MOMENT_TERMS.flatMap((_, a) =>
  MOMENT_TERMS.slice(a).map((_, n): readonly [number, number] => [a, a + n]),
);

/** A generous bound on the relative error of a difference of nearly equal sums. */
export const ROUNDING = 1e-9;

export interface Moments {
  users: number;
  /** The users' answers since their exposure: the clock of the confidence sequences. */
  answers: number;
  /** [4] sums of the terms. */
  sums: readonly number[];
  /** [10] sums of the products of two terms, by MOMENT_PAIRS. */
  products: readonly number[];
}

/** One user's terms: a mean has the denominator 1, and what is not known of the days before is 0. */
export type UserTerms = readonly [
  numerator: number,
  denominator: number,
  numeratorBefore: number,
  denominatorBefore: number,
];

export const EMPTY_MOMENTS: Moments = {
  users: 0,
  answers: 0,
  sums: MOMENT_TERMS.map(() => 0),
  products: MOMENT_PAIRS.map(() => 0),
};

/** Moments of one user. */
export const momentsOfUser = (terms: UserTerms, answers: number): Moments => ({
  users: 1,
  answers,
  sums: terms,
  products: MOMENT_PAIRS.map(([a, b]) => terms[a]! * terms[b]!),
});

/** Moments of disjoint groups of users together. */
export const addMoments = (a: Moments, b: Moments): Moments => ({
  users: a.users + b.users,
  answers: a.answers + b.answers,
  sums: a.sums.map((sum, n) => sum + b.sums[n]!),
  products: a.products.map((sum, n) => sum + b.products[n]!),
});

/**
 * Sample covariance over users of two linear combinations of the terms, [4] coefficients each; 0 for fewer than two
 * users. Variances are ≥ 0, also after rounding.
 */
export function computeCovariance(moments: Moments, a: readonly number[], b: readonly number[]): number {
  const { users, sums, products } = moments;
  if (users < 2) return 0;
  let total = 0;
  for (const [n, [left, right]] of MOMENT_PAIRS.entries()) {
    const coefficient = left === right ? a[left]! * b[left]! : a[left]! * b[right]! + a[right]! * b[left]!;
    if (coefficient !== 0) total += coefficient * (products[n]! - (sums[left]! * sums[right]!) / users);
  }
  return (a === b ? Math.max(0, total) : total) / (users - 1);
}
