// Simulated splits that are looked at 200 times, by the report and by ways of reading that raise false alarms.

import type { Experiment } from '../../../models/contracts/experiment.ts';
import type { ExperimentReport } from '../../../models/contracts/experiment-report.ts';
import { createRandom } from '../../../models/data/random.ts';
import { compareGroups } from '../../../models/experiments/compare.ts';
import { ALPHA, compareClocks, computeWidth } from '../../../models/experiments/confidence-sequence.ts';
import { estimateRatio } from '../../../models/experiments/ratio.ts';
import { computeReport } from '../../../models/experiments/report.ts';
import { MomentSums, type VariantMoments } from '../../../models/experiments/variant-moments.ts';
import { type Effect, type Population, SIMULATED_METRICS, SimulatedSplit } from './population.ts';

export const LOOKS = 200;
const FIXED_WIDTH = 1.96;

const EXPERIMENT = {
  experimentId: 'simulated',
  kind: 'split',
  primaryMetric: 'click-rate',
  guardrails: [{ metric: 'dismissal-rate', limit: 0 }],
  stoppedVariants: [],
} as const;

/** The number of users at the look at which each of these came first; missing if it never did. */
export interface Watched {
  /** The interval of the primary metric leaves out 0, adjusted by the days before. */
  significant?: number;
  /** The same without the adjustment, and of clicks per player. */
  unadjusted?: number;
  significantMean?: number;
  /** A fixed 95% interval leaves out 0. */
  fixed?: number;
  /** A confidence sequence leaves out 0 whose clock is the number of users. */
  byUsers?: number;
  breached?: number;
  brokenRatio?: number;
  /** A fixed 95% interval leaves out 0 at the last look. */
  fixedAtLast?: number;
}

/** Watches one simulated experiment to its end. The same seed gives the same experiment. */
export function watchSplit(population: Population, effect: Effect, seed: number): Watched {
  const split = new SimulatedSplit(population, effect, createRandom(seed, 'split'));
  const experiment = {
    ...EXPERIMENT,
    variants: [
      { id: 'control', share: 1 - population.share, isShadow: false },
      { id: 'variant', share: population.share, isShadow: false },
    ],
    guardrails: [...EXPERIMENT.guardrails],
    stoppedVariants: [],
  } satisfies Partial<Experiment>;
  const watched: Watched = {};
  for (let look = 1; look <= LOOKS; look++) {
    split.advance();
    const moments = split.moments();
    const found = { ...readReport(computeReport(experiment, moments, null)), ...readNaively(moments, look === LOOKS) };
    for (const [name, isFound] of Object.entries(found)) if (isFound) watched[name as keyof Watched] ??= split.users;
  }
  return watched;
}

type Found = Partial<Record<keyof Watched, boolean>>;

function readReport({ metrics, guardrails, sampleRatio }: ExperimentReport): Found {
  const estimateOf = (name: string) =>
    metrics.find(({ metric, group }) => metric === name && group === 'all')?.variants[0];
  const [primary, mean] = SIMULATED_METRICS.map(estimateOf);
  const interval = primary?.interval ?? [0, 0];
  return {
    significant: primary?.isSignificant === true,
    unadjusted: interval[0] > 0 || interval[1] < 0,
    significantMean: mean?.isSignificant === true,
    breached: guardrails.some(({ isBreached }) => isBreached),
    brokenRatio: sampleRatio?.isBroken === true,
  };
}

function readNaively(moments: readonly VariantMoments[], isLast: boolean): Found {
  const sums = new MomentSums(moments);
  const [control, variant] = ['control', 'variant'].map((id) => sums.get('click-rate', id, 'all'));
  const ratios = [estimateRatio(control!), estimateRatio(variant!)];
  if (ratios[0] === null || ratios[1] === null) return {};
  const { value, standardError } = compareGroups(
    { moments: control!, ratio: ratios[0]! },
    { moments: variant!, ratio: ratios[1]! },
  );
  const deviation = Math.abs(value) / standardError;
  const users = compareClocks(control!.users, variant!.users);
  const fixed = deviation > FIXED_WIDTH;
  return { fixed, byUsers: deviation > computeWidth(users, users, ALPHA), fixedAtLast: fixed && isLast };
}
