// The arithmetic of a whole report, from sums over users. Reads no store and no clock.

import { type Experiment, isLowerBetter, METRICS } from '../contracts/experiment.ts';
import {
  type ExperimentReport,
  type GuardrailReport,
  type MetricReport,
  USER_GROUPS,
  type Verdict,
} from '../contracts/experiment-report.ts';
import { ALPHA } from './confidence-sequence.ts';
import { testHarm, testRate } from './guardrail.ts';
import { EMPTY_PREFERENCES, estimatePreference, type PreferenceMoments } from './preference.ts';
import { estimateRatio } from './ratio.ts';
import { compareVariant } from './report-metric.ts';
import { testSampleRatio } from './sample-ratio.ts';
import { MomentSums, type VariantMoments } from './variant-moments.ts';

/** Share of the answers of an interleaving that may fail. */
const RIVAL_FAILURES_MAX = 0.5;

export type ReportedExperiment = Pick<
  Experiment,
  'experimentId' | 'kind' | 'variants' | 'primaryMetric' | 'guardrails' | 'stoppedVariants'
>;

/**
 * Computes the report. Metrics without moments are left out; variants without users may be missing. False alarms of the
 * primary metric, over all variants, have a probability of at most 0.05, and so have those of all guardrails of one
 * variant; every other metric and group has its own 0.05. `preferences`: those of an interleaving.
 */
export function computeReport(
  experiment: ReportedExperiment,
  moments: readonly VariantMoments[],
  preferences: PreferenceMoments | null,
): ExperimentReport {
  const { experimentId, kind } = experiment;
  const sums = new MomentSums(moments);
  if (kind === 'interleaving') return reportInterleaving(experiment, sums, preferences ?? EMPTY_PREFERENCES);
  const sampleRatio = checkSampleRatio(experiment, sums);
  const guardrails = testGuardrails(experiment, sums);
  const metrics = sampleRatio.isBroken ? [] : compareMetrics(experiment, sums);
  const primary = metrics.find(({ isPrimary, group }) => isPrimary && group === 'all');
  const verdicts = shownVariants(experiment)
    .slice(1)
    .map(({ id }) => ({
      variant: id,
      verdict: judge(id, { isHarmful: isHarmful(experiment, guardrails, id), isVoid: sampleRatio.isBroken, primary }),
    }));
  return { experimentId, verdicts, sampleRatio, metrics, guardrails, interleaving: null };
}

/**
 * Tests every guardrail of a split for every variant but the control and the shadows. The answers of an interleaving
 * are of both variants: only its rival is tested, for failing more often than not.
 */
export function testGuardrails(
  { kind, variants, guardrails }: Pick<Experiment, 'kind' | 'variants' | 'guardrails'>,
  sums: MomentSums,
): GuardrailReport[] {
  const [control, ...others] = shownVariants({ variants });
  if (kind === 'interleaving') {
    const failures = sums.get('failure-rate', control!.id, 'all');
    const limit = RIVAL_FAILURES_MAX;
    return others.map(({ id }) => ({
      variant: id,
      metric: 'failure-rate',
      limit,
      ...testRate(failures, limit, ALPHA),
    }));
  }
  return others.flatMap(({ id }) =>
    guardrails.map(({ metric, limit }) => ({
      variant: id,
      metric,
      limit,
      ...testHarm(sums.get(metric, control!.id, 'all'), sums.get(metric, id, 'all'), {
        limit,
        isLowerBetter: isLowerBetter(metric),
        alpha: ALPHA / guardrails.length,
      }),
    })),
  );
}

const shownVariants = ({ variants }: Pick<Experiment, 'variants'>) => variants.filter(({ isShadow }) => !isShadow);

/** Without the stopped variants: their users are no longer counted. */
function checkSampleRatio(experiment: ReportedExperiment, sums: MomentSums) {
  const stopped = new Set(experiment.stoppedVariants.map(({ id }) => id));
  return testSampleRatio(
    shownVariants(experiment)
      .filter(({ id }) => !stopped.has(id))
      .map(({ id, share }) => ({ variant: id, share, users: sums.get(experiment.primaryMetric, id, 'all').users })),
  );
}

function compareMetrics(experiment: ReportedExperiment, sums: MomentSums): MetricReport[] {
  const [control, ...others] = shownVariants(experiment);
  return METRICS.filter((metric) => sums.metrics.has(metric)).flatMap((metric) =>
    USER_GROUPS.map((group) => {
      const ofControl = sums.get(metric, control!.id, group);
      const value = estimateRatio(ofControl)?.value ?? null;
      return {
        metric,
        group,
        isPrimary: metric === experiment.primaryMetric,
        isHarm: isLowerBetter(metric),
        control: { variant: control!.id, users: ofControl.users, value },
        variants: others.map(({ id }) =>
          compareVariant(id, {
            control: ofControl,
            moments: sums.get(metric, id, group),
            alpha: ALPHA / others.length,
          }),
        ),
      };
    }),
  );
}

function isHarmful(experiment: ReportedExperiment, guardrails: readonly GuardrailReport[], variant: string): boolean {
  return (
    experiment.stoppedVariants.some(({ id }) => id === variant) ||
    guardrails.some((guardrail) => guardrail.variant === variant && guardrail.isBreached)
  );
}

function judge(
  variant: string,
  { isHarmful, isVoid, primary }: { isHarmful: boolean; isVoid: boolean; primary: MetricReport | undefined },
): Verdict {
  if (isHarmful) return 'harmful';
  if (isVoid) return 'void';
  const estimate = primary?.variants.find((one) => one.variant === variant);
  if (estimate?.isSignificant !== true) return 'open';
  const difference = estimate.adjustedDifference ?? estimate.difference ?? 0;
  return difference > 0 !== primary!.isHarm ? 'better' : 'worse';
}

function reportInterleaving(
  experiment: ReportedExperiment,
  sums: MomentSums,
  preferences: PreferenceMoments,
): ExperimentReport {
  const guardrails = testGuardrails(experiment, sums);
  const variant = shownVariants(experiment)[1]!.id;
  const { users, clicks, wins, losses } = preferences;
  const estimate = estimatePreference(preferences);
  const preferred = !estimate.isSignificant ? 'open' : estimate.preference > 0 ? 'better' : 'worse';
  const verdict = isHarmful(experiment, guardrails, variant) ? 'harmful' : preferred;
  return {
    experimentId: experiment.experimentId,
    verdicts: [{ variant, verdict }],
    sampleRatio: null,
    metrics: [],
    guardrails,
    interleaving: { variant, users, clicks, wins, losses, ...estimate },
  };
}
