// The moments of all metrics of an experiment, by variant and group of users, kept up user by user: a user's old terms
// are subtracted and the new ones added, so that no report reads the users.

import { METRICS, type Metric } from '../contracts/experiment.ts';
import { addMoments, EMPTY_MOMENTS, type Moments, momentsOfUser } from './moments.ts';
import { countAnswers, readTerms, type UserTotals } from './user-totals.ts';
import type { VariantMoments } from './variant-moments.ts';

/** new: users without history at their first exposure; known: the others. */
export const GROUPS = ['new', 'known'] as const;
export type Group = (typeof GROUPS)[number];

export type GroupTally = Readonly<Record<Metric, Moments>>;
/** By variant id; a variant without users is missing. */
export type Tally = Readonly<Record<string, Readonly<Record<Group, GroupTally>>>>;

const NO_USERS = Object.fromEntries(METRICS.map((metric) => [metric, EMPTY_MOMENTS])) as GroupTally;
export const EMPTY_TALLY: Tally = {};

/** Replaces users' totals; `before` is undefined for a user who is new in the experiment. */
export function replaceUsers(
  tally: Tally,
  changes: Iterable<{ before: UserTotals | undefined; after: UserTotals }>,
): Tally {
  // A variant may be called “constructor”, which every plain object has.
  const changed = new Map(Object.entries(tally).map(([variant, groups]) => [variant, copy(groups)]));
  const add = (user: UserTotals, sign: 1 | -1) => {
    const ofVariant = changed.get(user.variant) ?? copy({ new: NO_USERS, known: NO_USERS });
    changed.set(user.variant, ofVariant);
    const ofGroup = ofVariant[user.isNewUser ? 'new' : 'known'];
    for (const metric of METRICS) {
      const own = momentsOfUser(readTerms(user, metric), countAnswers(user));
      ofGroup[metric] = addMoments(ofGroup[metric], sign === 1 ? own : negate(own));
    }
  };
  for (const { before, after } of changes) {
    if (before !== undefined) add(before, -1);
    add(after, 1);
  }
  return Object.fromEntries(changed);
}

/** The tally as a list, for the report. */
export const listMoments = (tally: Tally): VariantMoments[] =>
  Object.entries(tally).flatMap(([variant, groups]) =>
    GROUPS.flatMap((group) =>
      METRICS.map((metric) => ({ metric, variant, isNew: group === 'new', moments: groups[group][metric] })),
    ),
  );

const copy = (groups: Record<Group, GroupTally>): Record<Group, Record<Metric, Moments>> => ({
  new: { ...groups.new },
  known: { ...groups.known },
});

const negate = ({ users, answers, sums, products }: Moments): Moments => ({
  users: -users,
  answers: -answers,
  sums: sums.map((sum) => -sum),
  products: products.map((product) => -product),
});
