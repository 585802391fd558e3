// Counts of the system's metrics by hour, in D1. Counters only grow: an hour is open for a day, later amounts count in
// the oldest open hour, and the sum of all closed hours stays when the hours are deleted. It counts nothing itself.

import {
  findBreakdown,
  type MetricCount,
  metricDefinition,
  SYSTEM_METRIC_NAMES,
  type SystemMetric,
} from '../../models/contracts/system-metrics.ts';
import { HOUR_MS, hourOf } from './hour.ts';

/** The queue `slates` and the objects' outboxes bring late amounts; after an outage of a day, into an older hour. */
const HOURS_OPEN = 24;
/** In the column `hour`: the sum of all closed hours. */
const CLOSED = 0;
const CLOSED_UNTIL = `coalesce((select position from metric_cursors where name = 'closed'), 0)`;
const GAUGES = SYSTEM_METRIC_NAMES.filter((metric) => metricDefinition(metric).kind === 'gauge');

/** A metric's sum over the values of the labels that were not asked for; of a gauge, the mean of the hours. */
export interface MetricSum {
  metric: SystemMetric;
  labels: Record<string, string>;
  value: number;
}

/** The same in an hour (hours since the epoch), or in hours together. */
export interface TimedMetricSum extends MetricSum {
  hour: number;
}

/** The columns of a row: hour, metric, breakdown, values of its labels, amount. */
export type MetricRow = [hour: number, metric: SystemMetric, breakdown: string, labelValues: string, amount: number];

/** Throws for labels that are no breakdown of the metric. */
export function toMetricRow({ hour, metric, labels, amount }: MetricCount): MetricRow {
  const breakdown = findBreakdown(metric, Object.keys(labels));
  if (breakdown === undefined) throw new Error(`${metric} is not counted by ${Object.keys(labels).join(', ')}`);
  return [hour, metric, breakdown.join(','), JSON.stringify(breakdown.map((label) => labels[label])), amount];
}

/**
 * A statement that adds to counters, once in each run of its batch. `isNew`: SQL over the extra columns of the rows,
 * which follow those of a MetricRow as `value->>5` and so on.
 */
export const addMetricRows = (
  db: D1Database,
  rows: readonly (readonly (string | number)[])[],
  isNew = 'true',
): D1PreparedStatement =>
  db
    .prepare(
      `insert into metric_counts (hour, metric, breakdown, label_values, amount)
       select max(value->>0, ${CLOSED_UNTIL}), value->>1, value->>2, value->>3, sum(value->>4)
       from json_each(?1) where ${isNew} group by 1, 2, 3, 4
       on conflict do update set amount = amount + excluded.amount`,
    )
    .bind(JSON.stringify(rows));

/** Adds to counters. */
export async function addMetricCounts(db: D1Database, counts: readonly MetricCount[]): Promise<void> {
  if (counts.length > 0) await addMetricRows(db, counts.map(toMetricRow)).run();
}

/** Sets gauges for the hour of a time (epoch milliseconds). */
export async function setGauges(
  db: D1Database,
  gauges: readonly Omit<MetricCount, 'hour'>[],
  now: number,
): Promise<void> {
  const rows = gauges.map((gauge) => toMetricRow({ hour: hourOf(now), ...gauge }));
  await db
    .prepare(
      `insert into metric_counts (hour, metric, breakdown, label_values, amount)
       select value->>0, value->>1, value->>2, value->>3, value->>4 from json_each(?1) where true
       on conflict do update set amount = excluded.amount`,
    )
    .bind(JSON.stringify(rows))
    .run();
}

interface StoredSum {
  hour: number;
  metric: SystemMetric;
  breakdown: string;
  labelValues: string;
  amount: number;
}

/** Hours [from, to) in epoch milliseconds, rounded outwards. */
export interface MetricRange {
  metrics: readonly SystemMetric[];
  from: number;
  to: number;
  /** Labels to tell apart; metrics without them are left out. */
  by?: readonly string[];
}

/**
 * Sums of metrics over hours, largest first. Such as the clicks and impressions of two hours, and the same of a week
 * ago, all in all: `readMetricSums(db, { metrics: ['clicks', 'impressions'], from, to })`; or requests by status:
 * `readMetricSums(db, { metrics: ['requests'], from, to, by: ['status'] })`. A sum of 0 may be missing. Outcomes of
 * answers come with the job `count-metrics`, up to ten minutes late; all else within seconds.
 */
export async function readMetricSums(db: D1Database, range: MetricRange): Promise<MetricSum[]> {
  const sums = await readTimedSums(db, range, Number.POSITIVE_INFINITY);
  return sums.map(({ hour: _, ...sum }) => sum).sort((a, b) => b.value - a.value);
}

/** As `readMetricSums`, for each period of `hours` hours, oldest first. */
export async function readTimedSums(db: D1Database, range: MetricRange, hours: number): Promise<TimedMetricSum[]> {
  const { metrics, from, to, by = [] } = range;
  const chosen = metrics.flatMap((metric) => {
    const breakdown = metricDefinition(metric).breakdowns.find((labels) => by.every((label) => labels.includes(label)));
    return breakdown === undefined ? [] : [[metric, breakdown.join(',')]];
  });
  const period = Number.isFinite(hours) ? `hour / ${hours} * ${hours}` : '1';
  const { results } = await db
    .prepare(
      `select ${period} as hour, metric, breakdown, label_values as labelValues,
         iif(metric in (select value from json_each(?4)), avg(amount), sum(amount)) as amount
       from metric_counts
       where hour >= max(1, ?1) and hour < ?2
         and (metric, breakdown) in (select value->>0, value->>1 from json_each(?3))
       group by 1, 2, 3, 4 order by 1`,
    )
    .bind(hourOf(from), Math.ceil(to / HOUR_MS), JSON.stringify(chosen), JSON.stringify(GAUGES))
    .all<StoredSum>();
  return fold(results, by);
}

/** Sums over the labels that are not in `by`, of rows of one breakdown for each metric. */
function fold(rows: readonly StoredSum[], by: readonly string[]): TimedMetricSum[] {
  const sums = new Map<string, TimedMetricSum>();
  for (const { hour, metric, amount, ...stored } of rows) {
    const all = readLabels(stored);
    const labels = Object.fromEntries(by.map((label) => [label, all[label]!]));
    const key = JSON.stringify([hour, metric, ...Object.values(labels)]);
    const sum = sums.get(key);
    if (sum === undefined) sums.set(key, { hour, metric, labels, value: amount });
    else sum.value += amount;
  }
  return [...sums.values()];
}

const readLabels = ({ breakdown, labelValues }: Pick<StoredSum, 'breakdown' | 'labelValues'>) => {
  const values = JSON.parse(labelValues) as string[];
  return Object.fromEntries((breakdown === '' ? [] : breakdown.split(',')).map((label, n) => [label, values[n]!]));
};

/** A series: a metric's value for the labels of one of its breakdowns. */
export type MetricSeries = MetricSum;

/** All counters since the store was created, and each gauge as it was last set, if that was in the last day. */
export async function readMetricTotals(db: D1Database, now: number): Promise<MetricSeries[]> {
  const gauges = JSON.stringify(GAUGES);
  const [counters, states] = await db.batch<StoredSum>([
    db
      .prepare(
        `select metric, breakdown, label_values as labelValues, sum(amount) as amount from metric_counts
         where (hour = ${CLOSED} or hour >= ${CLOSED_UNTIL}) and metric not in (select value from json_each(?1))
         group by 1, 2, 3`,
      )
      .bind(gauges),
    // SQLite takes the bare column from the row that holds the maximum.
    db
      .prepare(
        `select max(hour) as hour, metric, breakdown, label_values as labelValues, amount from metric_counts
         where hour > ?2 and metric in (select value from json_each(?1)) group by 2, 3, 4`,
      )
      .bind(gauges, hourOf(now) - HOURS_OPEN),
  ]);
  return [...counters!.results, ...states!.results].map(({ metric, amount, ...stored }) => ({
    metric,
    labels: readLabels(stored),
    value: amount,
  }));
}

/** Closes the hours that are older than a day: adds them to the sum of all closed ones. */
export async function closeHours(db: D1Database, now: number): Promise<void> {
  const until = hourOf(now) - HOURS_OPEN;
  await db.batch([
    db
      .prepare(
        `insert into metric_counts (hour, metric, breakdown, label_values, amount)
         select ${CLOSED}, metric, breakdown, label_values, sum(amount) from metric_counts
         where hour >= max(1, ${CLOSED_UNTIL}) and hour < ?1 and metric not in (select value from json_each(?2))
         group by 2, 3, 4 on conflict do update set amount = amount + excluded.amount`,
      )
      .bind(until, JSON.stringify(GAUGES)),
    db
      .prepare(
        `insert into metric_cursors (name, position) values ('closed', ?1)
         on conflict do update set position = max(position, excluded.position)`,
      )
      .bind(until),
  ]);
}
