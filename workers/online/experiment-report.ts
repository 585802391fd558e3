// The endpoint of an experiment's report, whose intervals may be read at any time. Arithmetic:
// models/experiments/report.ts.

import { z } from '@hono/zod-openapi';
import { type Experiment, ShortId } from '../../models/contracts/experiment.ts';
import { ExperimentReport } from '../../models/contracts/experiment-report.ts';
import type { PreferenceMoments } from '../../models/experiments/preference.ts';
import { computeReport } from '../../models/experiments/report.ts';
import type { VariantMoments } from '../../models/experiments/variant-moments.ts';
import * as results from '../storage/experiment-results.ts';
import { readExperiment } from '../storage/experiments.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import { ProblemError } from './problems.ts';

const DAY_MS = 86_400_000;

const ReportParams = z.object({
  experimentId: ShortId.meta({ param: { name: 'experimentId', in: 'path' }, example: 'short-pages' }),
});
type ReportParams = z.output<typeof ReportParams>;

const ShadowReport = z
  .object({
    variant: z.string(),
    answers: z.number().int().meta({ description: 'Answers that were computed for comparison.' }),
    failed: z.number().int(),
    overlap: z.number().nullable().meta({ description: 'Mean share of the first row shown that it has, too.' }),
    shownValue: z.number().nullable().meta({
      description: 'Mean expected utility of the first row shown; null if no ranking model scored it.',
    }),
    shadowValue: z.number().nullable().meta({ description: 'The same for the shadow’s first row, by the same model.' }),
  })
  .meta({ id: 'ShadowReport' });
type ShadowReport = z.output<typeof ShadowReport>;

const Report = ExperimentReport.extend({
  madeAt: z.iso.datetime(),
  days: z
    .array(
      z.object({
        at: z.iso.datetime(),
        variant: z.string(),
        difference: z.number(),
        interval: z.tuple([z.number(), z.number()]),
      }),
    )
    .meta({
      description:
        'The primary metric as it was at the end of each UTC day, oldest first, with the interval that decides.',
    }),
  shadows: z.array(ShadowReport),
}).meta({ id: 'ReportNow' });
type Report = z.output<typeof Report>;

export interface ResultStore {
  /** Undefined if there is none. */
  readExperiment(experimentId: string): Promise<Experiment | undefined>;
  /** Oldest first; the last day's as they are. */
  readDays(experimentId: string): Promise<{ date: string; moments: VariantMoments[] }[]>;
  readShadows(experimentId: string): Promise<results.ShadowSums[]>;
  readPreferences(experimentId: string, variants: readonly [string, string]): Promise<PreferenceMoments>;
}

const openResultStore = ({ env: { DB } }: AppContext): ResultStore => ({
  readExperiment: async (experimentId) => (await readExperiment(DB, experimentId))?.experiment,
  readDays: (experimentId) => results.readDays(DB, experimentId),
  readShadows: (experimentId) => results.readShadows(DB, experimentId),
  readPreferences: (experimentId, variants) => results.readPreferences(DB, experimentId, variants),
});

export async function getExperimentReport(
  { params: { experimentId } }: { params: ReportParams },
  { readExperiment, readDays, readShadows, readPreferences }: ResultStore,
  now = Date.now(),
): Promise<Report> {
  const experiment = await readExperiment(experimentId);
  if (experiment === undefined) throw new ProblemError('not-found', `No experiment has the id “${experimentId}”.`);
  const [control, variant] = experiment.variants.filter(({ isShadow }) => !isShadow);
  const [days, shadows, preferences] = await Promise.all([
    readDays(experimentId),
    readShadows(experimentId),
    experiment.kind === 'interleaving' ? readPreferences(experimentId, [control!.id, variant!.id]) : null,
  ]);
  return {
    ...computeReport(experiment, days.at(-1)?.moments ?? [], preferences),
    madeAt: new Date(now).toISOString(),
    days: days.flatMap(({ date, moments }) => listPoints(experiment, date, moments, now)),
    shadows: shadows.map(toShadowReport),
  };
}

/** The primary metric of each variant at the end of a day, by the interval that decides. */
function listPoints(experiment: Experiment, date: string, moments: VariantMoments[], now: number): Report['days'] {
  const own = moments.filter(({ metric }) => metric === experiment.primaryMetric);
  const at = new Date(Math.min(now, Date.parse(date) + DAY_MS)).toISOString();
  return computeReport({ ...experiment, guardrails: [] }, own, null)
    .metrics.filter(({ group }) => group === 'all')
    .flatMap(({ variants }) => variants)
    .flatMap((estimate) => {
      const difference = estimate.adjustedDifference ?? estimate.difference;
      const interval = estimate.cupedInterval ?? estimate.interval;
      return difference === null || interval === null ? [] : [{ at, variant: estimate.variant, difference, interval }];
    });
}

function toShadowReport({ variant, answers, failed, valued, ...sums }: results.ShadowSums): ShadowReport {
  const mean = (sum: number, count: number) => (count === 0 ? null : sum / count);
  return {
    variant,
    answers,
    failed,
    overlap: mean(sums.overlap, answers - failed),
    shownValue: mean(sums.shownValue, valued),
    shadowValue: mean(sums.shadowValue, valued),
  };
}

const ENDPOINTS: Endpoint<ResultStore>[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/experiments/{experimentId}/report',
    operationId: 'getExperimentReport',
    tag: 'Experiments',
    summary: 'Read the report of an experiment',
    description:
      'Its intervals hold at all times together, so it may be read, and the experiment stopped, at any time. ' +
      'Events are counted within minutes.',
    scope: 'admin',
    params: ReportParams,
    answer: { schema: Report, description: 'The report as of now.' },
    problems: [404],
    handle: (input, store) => getExperimentReport(input, store),
  }),
];

export const routeExperimentReports = (app: App): void => registerEndpoints(app, ENDPOINTS, openResultStore);
