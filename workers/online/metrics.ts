// Endpoints of the system's metrics: sums by time and label as JSON, and all of them in the text format of Prometheus.

import { z } from '@hono/zod-openapi';
import {
  METRIC_LABELS,
  metricDefinition,
  SYSTEM_METRIC_NAMES,
  type SystemMetric,
} from '../../models/contracts/system-metrics.ts';
import { HOUR_MS, hourOf } from '../storage/hour.ts';
import { flushCounts } from '../storage/isolate-counts.ts';
import {
  type MetricRange,
  type MetricSeries,
  readMetricTotals,
  readTimedSums,
  type TimedMetricSum,
} from '../storage/metric-counts.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import { ProblemError } from './problems.ts';
import { printMetrics } from './prometheus.ts';

const DAY_HOURS = 24;
/** Hours in one answer, each by itself. */
const HOURS_MAX = 8 * DAY_HOURS;
/** They are kept for 90 days. */
const DAYS_MAX = 92;
const VALUES_MAX = 20_000;
const PERIODS = ['hour', 'day'] as const;
const BY = [...PERIODS, ...METRIC_LABELS] as const;

const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** A list separated by commas, of a closed set of names. */
const listOf = (names: readonly string[]) =>
  z
    .string()
    .max(1_000)
    .transform((list) => [...new Set(list.split(',').filter((name) => name !== ''))])
    .refine((list) => list.every((name) => names.includes(name)), `must be of: ${names.join(', ')}`);

const quote = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');

const MetricsQuery = z.object({
  from: z.iso.datetime({ offset: true }).optional().meta({
    description: 'Start of the first hour; 24 hours before `to` unless given.',
  }),
  to: z.iso.datetime({ offset: true }).optional().meta({ description: 'End of the last hour; now unless given.' }),
  by: listOf(BY)
    .default([])
    .meta({
      type: 'string',
      description:
        'Names separated by commas: `hour` or `day`, and labels to tell apart. The answer has the metrics with all ' +
        `these labels: ${quote(METRIC_LABELS)}.`,
    }),
  metrics: listOf(SYSTEM_METRIC_NAMES)
    .optional()
    .meta({
      type: 'string',
      description: `Names separated by commas; all unless given: ${quote(SYSTEM_METRIC_NAMES)}.`,
    }),
});

const Metrics = z
  .object({
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    metrics: z.array(
      z.object({
        name: z.string(),
        kind: z.enum(['counter', 'gauge', 'histogram']),
        unit: z.string().nullable().meta({ description: 'Null for a number of things.' }),
        help: z.string(),
        values: z
          .array(
            z.object({
              at: z.iso.datetime().nullable().meta({ description: 'Start of the hour or day; null for the sum.' }),
              labels: z.record(z.string(), z.string()),
              value: z.number(),
            }),
          )
          .meta({
            description:
              'Oldest first. Of counters the sum, of gauges the mean of the hours. Where nothing was counted there ' +
              'is no value. Of a histogram, the number of values at most `le` and above the next smaller one.',
          }),
      }),
    ),
  })
  .meta({ id: 'Metrics' });

export interface MetricReader {
  /** Sums for periods of `hours` hours; all in one for infinity. */
  readSums(range: MetricRange, hours: number): Promise<TimedMetricSum[]>;
  readTotals(): Promise<MetricSeries[]>;
}

const openMetricReader = ({ env: { DB } }: AppContext): MetricReader => ({
  readSums: async (range, hours) => {
    await flushCounts(DB);
    return readTimedSums(DB, range, hours);
  },
  readTotals: async () => {
    await flushCounts(DB);
    return readMetricTotals(DB, Date.now());
  },
});

export async function getMetrics(
  { query: { from, to, by, metrics = SYSTEM_METRIC_NAMES } }: { query: z.output<typeof MetricsQuery> },
  { readSums }: Pick<MetricReader, 'readSums'>,
): Promise<z.output<typeof Metrics>> {
  const until = Math.ceil((to === undefined ? Date.now() : Date.parse(to)) / HOUR_MS) * HOUR_MS;
  const since = from === undefined ? until - DAY_HOURS * HOUR_MS : hourOf(Date.parse(from)) * HOUR_MS;
  const hours = by.includes('hour') ? 1 : by.includes('day') ? DAY_HOURS : Number.POSITIVE_INFINITY;
  // Rounded outwards, they may be past the years that a time can name.
  if (![since, until].every((time) => isNameable(new Date(time).getUTCFullYear())))
    throw new ProblemError('invalid-input', '“from” and “to” must be within the years 0 to 9999.');
  refuseRange((until - since) / HOUR_MS, hours);
  const labels = by.filter((name) => !PERIODS.some((period) => period === name));
  const names = metrics as SystemMetric[];
  const sums = await readSums({ metrics: names, from: since, to: until, by: labels }, hours);
  if (sums.length > VALUES_MAX)
    throw new ProblemError('invalid-input', `More than ${VALUES_MAX} values: ask for fewer hours, labels or metrics.`);
  const byMetric = Map.groupBy(sums, ({ metric }) => metric);
  return {
    from: new Date(since).toISOString(),
    to: new Date(until).toISOString(),
    metrics: names.flatMap((name) => describeMetric(name, byMetric.get(name), Number.isFinite(hours))),
  };
}

const isNameable = (year: number): boolean => year >= 0 && year <= 9_999;

function refuseRange(range: number, hours: number): void {
  if (range <= 0) throw new ProblemError('invalid-input', '“from” must be before “to”.');
  const most = hours === 1 ? HOURS_MAX : DAYS_MAX * DAY_HOURS;
  if (range > most) throw new ProblemError('invalid-input', `Ask for at most ${most / DAY_HOURS} days.`);
}

function describeMetric(
  name: SystemMetric,
  sums: readonly TimedMetricSum[] | undefined,
  isTimed: boolean,
): z.output<typeof Metrics>['metrics'] {
  if (sums === undefined) return [];
  const { kind, unit = null, help } = metricDefinition(name);
  const values = sums.map(({ hour, labels, value }) => ({
    ...{ at: isTimed ? new Date(hour * HOUR_MS).toISOString() : null, labels, value },
  }));
  return [{ name, kind, unit, help, values }];
}

const tag = 'Operation';

const ENDPOINTS: Endpoint<MetricReader>[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/metrics',
    operationId: 'getMetrics',
    tag,
    summary: 'Read metrics by hour',
    description:
      'Answers, their outcomes, requests, events, queues and jobs; nothing about a player. Outcomes are counted ' +
      'about ten minutes after their events at most, all else within about a minute. An isolate that the platform ' +
      'ends loses what it has counted in its last minute.',
    scope: 'read',
    query: MetricsQuery,
    answer: { schema: Metrics, description: 'The metrics that were counted.' },
    handle: getMetrics,
  }),
  defineEndpoint({
    method: 'get',
    path: '/metrics',
    operationId: 'getPrometheusMetrics',
    tag,
    summary: 'Read metrics as Prometheus does',
    description:
      'In the text format 0.0.4. Counters start when the store is created. A breakdown by other labels has a name of ' +
      'its own: `bloodstream_clicks_total`, `bloodstream_clicks_by_row_total`.',
    scope: 'read',
    answer: {
      content: { 'text/plain': { schema: z.string() } },
      description: 'All metrics.',
    },
    handle: async (_, { readTotals }) =>
      new Response(printMetrics(await readTotals()), { headers: { 'content-type': PROMETHEUS_CONTENT_TYPE } }),
  }),
];

export const routeMetrics = (app: App): void => registerEndpoints(app, ENDPOINTS, openMetricReader);
