// The metrics of the running system: their names, labels and meaning. What counts them, what stores them,
// `/v1/metrics`, `/metrics` and the dashboard follow this table. Experiments have metrics of their own: experiment.ts.

import { z } from 'zod';

interface Definition {
  /**
   * counter: events of an hour, which add up. gauge: a state, of which an hour keeps the last. histogram: values sorted
   * into buckets; of its two breakdowns, the first has the bucket as its label `le`, the second holds sums.
   */
  kind: 'counter' | 'gauge' | 'histogram';
  /** The unit, if it is not a number of things. */
  unit?: 'seconds' | 'bytes' | 'ratio';
  help: string;
  /** Each is counted by itself: a metric adds up over the labels of one breakdown, never over breakdowns. */
  breakdowns: readonly (readonly string[])[];
}

const ACTION_BREAKDOWNS = [
  [],
  ['row'],
  ['position'],
  ['release'],
  ['variant'],
  ['country'],
  ['platform'],
  ['popularity'],
] as const;

const action = (what: string) =>
  ({
    kind: 'counter',
    help: `${what} in reaction to an answer. position: the column in its row, from 0`,
    breakdowns: ACTION_BREAKDOWNS,
  }) as const;

export const SYSTEM_METRICS = {
  requests: {
    kind: 'counter',
    help: 'Requests answered, by route, status and kind of problem (none: no problem)',
    breakdowns: [['route', 'status', 'problem']],
  },
  answers: {
    kind: 'counter',
    help: 'Recommendations answered. variant: those that an experiment made a difference to, as EXPERIMENT:VARIANT',
    breakdowns: [['route', 'tier', 'release'], ['variant']],
  },
  'degraded-answers': {
    kind: 'counter',
    help: 'Answers in which a step fell back. step: an answer counts for each of its steps',
    breakdowns: [['route', 'tier', 'release'], ['step']],
  },
  'empty-answers': { kind: 'counter', help: 'Answers without any game', breakdowns: [['route']] },
  'events-accepted': { kind: 'counter', help: 'Events acknowledged as new', breakdowns: [[]] },
  'events-rejected': { kind: 'counter', help: 'Events refused, by the field that is wrong', breakdowns: [['field']] },
  'events-logged': { kind: 'counter', help: 'Events found in the log, imports included', breakdowns: [['type']] },
  impressions: action('Games shown'),
  clicks: action('Clicks'),
  plays: action('Games played'),
  'play-time': { ...action('Time played'), unit: 'seconds' },
  likes: action('Likes'),
  purchases: action('Purchases'),
  dismissals: action('Dismissals'),
  'queue-delay': {
    kind: 'histogram',
    unit: 'seconds',
    help: 'Time from sending a message to its delivery, each delivery counted',
    breakdowns: [['queue', 'le'], ['queue']],
  },
  'database-rows': {
    kind: 'counter',
    help: 'Rows of D1 that consumers and jobs read and wrote',
    breakdowns: [['by', 'operation']],
  },
  'job-runs': {
    kind: 'counter',
    help: 'Runs of jobs, by outcome; for jobs that run every minute, only failures',
    breakdowns: [['job', 'outcome']],
  },
  'job-last-success-timestamp': {
    kind: 'gauge',
    unit: 'seconds',
    help: 'Time of the last successful run, seconds since the epoch',
    breakdowns: [['job']],
  },
  'unlogged-events': { kind: 'gauge', help: 'Accepted events missing from the log', breakdowns: [[]] },
  'unlogged-age': {
    kind: 'gauge',
    unit: 'seconds',
    help: 'Age of the oldest accepted event missing from the log; 0 if none is',
    breakdowns: [[]],
  },
  'dead-letters': { kind: 'gauge', help: 'Messages that could not be processed', breakdowns: [[]] },
  'release-age': {
    kind: 'gauge',
    unit: 'seconds',
    help: 'Time since the release in use was trained',
    breakdowns: [[]],
  },
  coverage: {
    kind: 'gauge',
    unit: 'ratio',
    help: 'Share of the catalogue that was shown, or played, in the last seven days',
    breakdowns: [['act']],
  },
  'database-size': { kind: 'gauge', unit: 'bytes', help: 'Size of a database', breakdowns: [['database']] },
} as const satisfies Record<string, Definition>;

export type SystemMetric = keyof typeof SYSTEM_METRICS;
export const SYSTEM_METRIC_NAMES = Object.keys(SYSTEM_METRICS) as SystemMetric[];

/** As the table declares it, with the types of all. */
export const metricDefinition = (metric: SystemMetric): Definition => SYSTEM_METRICS[metric];

/** The label for what is not known, such as the release of an answer without one. */
export const NO_LABEL = 'none';
/** The label for all values that are not told apart. */
export const OTHER_LABEL = 'other';

const LABEL_LENGTH_MAX = 200;
const isBreakdown = (metric: SystemMetric, labels: object): boolean =>
  findBreakdown(metric, Object.keys(labels)) !== undefined;

/** An addition to a counter. */
export const MetricCount = z
  .object({
    /** Hours since the epoch. */
    hour: z.number().int(),
    metric: z.enum(SYSTEM_METRIC_NAMES),
    /** A value for each label of one breakdown of the metric. */
    labels: z.record(z.string(), z.string().max(LABEL_LENGTH_MAX)),
    amount: z.number(),
  })
  .refine(({ metric, labels }) => isBreakdown(metric, labels), 'must have the labels of a breakdown');
export type MetricCount = z.infer<typeof MetricCount>;

/** The labels of the breakdown with exactly these, in its order; undefined if there is none. */
export const findBreakdown = (metric: SystemMetric, labels: readonly string[]): readonly string[] | undefined =>
  metricDefinition(metric).breakdowns.find(
    (breakdown) => breakdown.length === labels.length && breakdown.every((label) => labels.includes(label)),
  );

/** Upper bounds of the buckets of a histogram, as texts; the last has none. */
export const DELAY_BUCKETS_SECONDS = [1, 2, 5, 15, 60, 300, 1_800, 7_200] as const;
export const chooseDelayBucket = (seconds: number): string =>
  String(DELAY_BUCKETS_SECONDS.find((bound) => seconds <= bound) ?? '+Inf');

/** The labels of all breakdowns. */
export const METRIC_LABELS = [
  ...new Set(SYSTEM_METRIC_NAMES.flatMap((metric) => metricDefinition(metric).breakdowns.flat())),
].sort();
