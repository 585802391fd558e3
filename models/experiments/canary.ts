// The canary of a release: an experiment in a layer of its own. Its share grows in steps until the release is in use,
// or it ends because the release is worse. Guardrails stop it as they stop any other variant. Decides; moves nothing.

import { CANARY_PREFIX, type Experiment, ExperimentInput, RELEASE_LAYER } from '../contracts/experiment.ts';
import type { MetricReport } from '../contracts/experiment-report.ts';
import { draftExperiment, stopExperiment } from './lifecycle.ts';
import { computeReport } from './report.ts';
import { MomentSums, type VariantMoments } from './variant-moments.ts';

const CONTROL = 'control';
const CANARY = 'canary';
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Shares of the players who see the release, step by step; as many others see the one in use, for comparison. */
const STEPS = [0.05, 0.25, 0.5] as const;
export const CANARY_SHARE_DEFAULT = STEPS[0];
/** The control needs as many players. */
export const CANARY_SHARE_MAX = 0.5;
/** A release that is not shown to be as good within this time is not put into use. */
const DAYS_MAX = 7;
/** Each step waits for this many answers by the release, times its share. */
const ANSWERS_AT_ALL = 10_000;
/** As good: clicks per impression are lower by less than this share. */
const MARGIN = 0.1;
/** The canary ends if one of them is lower beyond chance. */
const COMPARED = ['click-rate', 'play-rate'] as const;

/** `now`: epoch milliseconds. */
export const draftCanary = (version: string, share: number, now: number): Experiment =>
  draftExperiment(
    nameCanary(version),
    ExperimentInput.parse({
      hypothesis: `The release ${version} is as good for players as the one in use.`,
      layer: RELEASE_LAYER,
      variants: [
        { id: CONTROL, share: 0.5 },
        { id: CANARY, share: 0.5, release: version },
      ],
      audience: { share: 2 * share },
      endsAt: new Date(now + DAYS_MAX * DAY_MS).toISOString(),
    }),
  );

export const nameCanary = (version: string): string => `${CANARY_PREFIX}${version}`;

export const isCanary = ({ layer }: Pick<Experiment, 'layer'>): boolean => layer === RELEASE_LAYER;

/** The version of a canary's release. */
export const releaseOf = ({ variants }: Experiment): string => variants.find(({ id }) => id === CANARY)!.release!;

export type CanaryDecision =
  | { kind: 'wait' }
  /** The release is worse, or cannot be judged. */
  | { kind: 'stop'; reason: string }
  /** The share of the players who see the release next. */
  | { kind: 'raise'; share: number }
  /** The release is as good: it may be put into use. */
  | { kind: 'finish' };

/** Decides by what has been measured so far; false alarms are bounded, however often it is called. */
export function decideCanary(canary: Experiment, moments: readonly VariantMoments[]): CanaryDecision {
  const { sampleRatio, metrics } = computeReport({ ...canary, guardrails: [] }, moments, null);
  if (sampleRatio?.isBroken)
    return { kind: 'stop', reason: 'players are lost on one side, so the two releases cannot be compared' };
  const worse = COMPARED.map((name) => findMetric(metrics, name)).find((metric) => metric && isWorse(metric));
  if (worse !== undefined) return { kind: 'stop', reason: explainWorse(worse) };
  const share = canary.audience.share / 2;
  const { answers } = new MomentSums(moments).get(canary.primaryMetric, CANARY, 'all');
  if (answers < ANSWERS_AT_ALL * share) return { kind: 'wait' };
  const next = STEPS.find((step) => step > share);
  if (next !== undefined) return { kind: 'raise', share: next };
  const primary = findMetric(metrics, canary.primaryMetric);
  return primary !== undefined && isAsGood(primary) ? { kind: 'finish' } : { kind: 'wait' };
}

/** True if an hour after the start neither side has had an answer. */
export function isUnseen(canary: Experiment, moments: readonly VariantMoments[], now: number): boolean {
  const sums = new MomentSums(moments);
  const hasAnswers = (id: string) => sums.get(canary.primaryMetric, id, 'all').answers > 0;
  return now - Date.parse(canary.startedAt!) > HOUR_MS && !hasAnswers(CONTROL) && !hasAnswers(CANARY);
}

/** The canary shown to a larger share: players keep their variant, since only the slice grows. */
export const raiseCanary = (canary: Experiment, share: number): Experiment => ({
  ...canary,
  audience: { ...canary.audience, share: 2 * share },
  slice: { from: 0, to: 2 * share },
});

/** Ends the canary with its release marked as stopped, as a guardrail would, which raises an alert. `now`: epoch ms. */
export function failCanary(canary: Experiment, reason: string, now: number): Experiment {
  const stopped = stopExperiment(canary, reason, now);
  if (!stopped.ok) return canary;
  const { stoppedVariants, stoppedAt } = stopped.value;
  return { ...stopped.value, stoppedVariants: [...stoppedVariants, { id: CANARY, reason, at: stoppedAt! }] };
}

const findMetric = (metrics: readonly MetricReport[], name: string): MetricReport | undefined =>
  metrics.find(({ metric, group }) => metric === name && group === 'all');

/** The interval that decides: with what the days before predict subtracted, if they are known. */
function boundDifference({ variants: [estimate] }: MetricReport): readonly [low: number, high: number] | null {
  return estimate?.cupedInterval ?? estimate?.interval ?? null;
}

function isWorse(metric: MetricReport): boolean {
  const bounds = boundDifference(metric);
  return bounds !== null && bounds[1] < 0;
}

function isAsGood(metric: MetricReport): boolean {
  const bounds = boundDifference(metric);
  return bounds !== null && bounds[0] > -MARGIN * (metric.control.value ?? 0);
}

const explainWorse = ({ metric, control, variants: [estimate] }: MetricReport): string =>
  `${metric} is ${estimate!.value?.toPrecision(3)}, that of the release in use ${control.value?.toPrecision(3)}`;
