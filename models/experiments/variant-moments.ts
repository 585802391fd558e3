// Sums over users, found by metric, variant and group of users.

import type { Metric } from '../contracts/experiment.ts';
import type { UserGroup } from '../contracts/experiment-report.ts';
import { addMoments, EMPTY_MOMENTS, type Moments } from './moments.ts';

/** One metric's sums over the users of a variant who were new, or known, at their first exposure. */
export interface VariantMoments {
  metric: Metric;
  variant: string;
  isNew: boolean;
  moments: Moments;
}

export class MomentSums {
  readonly metrics: ReadonlySet<Metric>;
  readonly #sums = new Map<string, Moments>();

  /** Adds up moments of the same metric and variant, which must be of different users. */
  constructor(list: readonly VariantMoments[]) {
    this.metrics = new Set(list.map(({ metric }) => metric));
    for (const { metric, variant, isNew, moments } of list)
      for (const group of ['all', isNew ? 'new' : 'known'] as const)
        this.#sums.set(nameSum(metric, variant, group), addMoments(this.get(metric, variant, group), moments));
  }

  /** Moments without users if there are none. */
  get(metric: Metric, variant: string, group: UserGroup): Moments {
    return this.#sums.get(nameSum(metric, variant, group)) ?? EMPTY_MOMENTS;
  }
}

const nameSum = (metric: Metric, variant: string, group: UserGroup) => `${metric} ${group} ${variant}`;
