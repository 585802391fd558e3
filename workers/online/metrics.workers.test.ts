import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, expect, it } from 'vitest';
import {
  type MetricCount,
  metricDefinition,
  SYSTEM_METRIC_NAMES,
  type SystemMetric,
} from '../../models/contracts/system-metrics.ts';
import { type Family, parsePrometheus } from '../../tests/prometheus-text.ts';
import { hourOf } from '../storage/hour.ts';
import { addMetricCounts, closeHours, setGauges } from '../storage/metric-counts.ts';
import { app } from './app.ts';
import { nameFamily } from './prometheus.ts';

const NOW = Date.now();
/** This test asks too, which is counted. */
const QUIET = { ...env, SLATES: { send: async () => {} } as unknown as Env['SLATES'] };

async function ask(path: string, key = 'test-read'): Promise<Response> {
  const headers = { authorization: `Bearer ${key}` };
  return app.fetch(new Request(`http://localhost${path}`, { headers }), QUIET, createExecutionContext());
}
interface Read {
  from: string;
  to: string;
  metrics: { name: string; values: { at: string | null; labels: Record<string, string>; value: number }[] }[];
}
const read = async (query: string): Promise<Read> => {
  const response = await ask(`/v1/metrics?${query}`);
  expect(response.status).toBe(200);
  return response.json();
};
const scrape = async (): Promise<Family[]> => parsePrometheus(await (await ask('/metrics')).text());

const count = (metric: SystemMetric, labels: Record<string, string>, amount: number, hour = hourOf(NOW)) => ({
  ...{ hour, metric, labels, amount },
});
/** One of each breakdown of each metric. */
const EVERYTHING = SYSTEM_METRIC_NAMES.flatMap((metric) =>
  metricDefinition(metric).breakdowns.map((breakdown): MetricCount => {
    const labels = Object.fromEntries(breakdown.map((label) => [label, label === 'le' ? '5' : `a "${label}"\\\n`]));
    return count(metric, labels, 2.5);
  }),
);

beforeEach(() =>
  env.DB.batch(['metric_counts', 'metric_cursors'].map((table) => env.DB.prepare(`delete from ${table}`))),
);

it('reads sums by hour, day and label', async () => {
  const hour = hourOf(NOW);
  await addMetricCounts(env.DB, [
    count('clicks', { row: 'top-picks' }, 3),
    count('clicks', { row: 'top-picks' }, 4, hour - 1),
    count('clicks', { row: 'trending' }, 5),
    count('clicks', {}, 12),
    count('impressions', { row: 'trending' }, 50),
    count('plays', { country: 'CH' }, 1),
  ]);
  const { from, to, metrics } = await read('by=row');
  expect(Date.parse(to) - Date.parse(from)).toBe(86_400_000);
  expect(metrics.map(({ name }) => name)).toEqual(['impressions', 'clicks']);
  expect(metrics[1]!.values.toSorted((a, b) => a.value - b.value)).toEqual([
    { at: null, labels: { row: 'trending' }, value: 5 },
    { at: null, labels: { row: 'top-picks' }, value: 7 },
  ]);
  const byHour = await read('by=hour,row&metrics=clicks');
  expect(byHour.metrics[0]!.values[0]).toEqual({
    at: new Date((hour - 1) * 3_600_000).toISOString(),
    labels: { row: 'top-picks' },
    value: 4,
  });
  const all = await read('metrics=clicks,plays');
  expect(all.metrics).toMatchObject([{ name: 'clicks', values: [{ value: 12, labels: {} }] }]);
});

it('refuses what it does not know, too long ranges, and keys without the scope', async () => {
  for (const query of [
    ...['by=userId', 'metrics=nonsense', 'from=yesterday', 'unknown=1'],
    ...['from=2026-01-01T00:00:00Z&to=2025-01-01T00:00:00Z', 'from=2020-01-01T00:00:00Z'],
    ...['to=9999-12-31T23:59:59Z', 'to=0000-01-01T00:00:00Z'],
    `by=hour&from=${new Date(NOW - 9 * 86_400_000).toISOString()}`,
  ])
    expect((await ask(`/v1/metrics?${query}`)).status, query).toBe(400);
  for (const path of ['/v1/metrics', '/metrics']) expect((await ask(path, 'test-ingest')).status).toBe(403);
});

it('prints every metric as Prometheus reads it', async () => {
  await addMetricCounts(
    env.DB,
    EVERYTHING.filter(({ metric }) => metricDefinition(metric).kind !== 'gauge'),
  );
  await setGauges(
    env.DB,
    EVERYTHING.filter(({ metric }) => metricDefinition(metric).kind === 'gauge'),
    NOW,
  );
  const response = await ask('/metrics');
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const families = parsePrometheus(await response.text());
  const names = SYSTEM_METRIC_NAMES.flatMap((metric) =>
    metricDefinition(metric).breakdowns.map((breakdown) => nameFamily(metric, breakdown)),
  );
  expect(new Set(families.map(({ name }) => name))).toEqual(new Set(names));
  const byRow = families.find(({ name }) => name === 'bloodstream_clicks_by_row_total')!;
  expect(byRow.samples).toMatchObject([{ labels: { row: 'a "row"\\\n' }, value: 2.5 }]);
});

it('prints delays as a histogram', async () => {
  await addMetricCounts(env.DB, [
    count('queue-delay', { queue: 'events', le: '1' }, 4),
    count('queue-delay', { queue: 'events', le: '60' }, 1),
    count('queue-delay', { queue: 'events', le: '+Inf' }, 1),
    count('queue-delay', { queue: 'events' }, 8_000.5),
  ]);
  const [family] = (await scrape()).filter(({ kind }) => kind === 'histogram');
  const find = (suffix: string, le?: string) =>
    family!.samples.find(({ name, labels }) => name.endsWith(suffix) && labels.le === le)?.value;
  expect([find('_bucket', '1'), find('_bucket', '15'), find('_bucket', '60'), find('_bucket', '+Inf')]).toEqual([
    ...[4, 4, 5, 6],
  ]);
  expect([find('_sum'), find('_count')]).toEqual([8_000.5, 6]);
});

it('counts requests by route, status and problem', async () => {
  await ask('/v1/metrics');
  await ask('/v1/items/none-such', 'wrong');
  await ask('/nowhere');
  const readRequests = async () =>
    new Map(
      (await read('metrics=requests&by=route,status,problem')).metrics[0]!.values.map(({ labels, value }) => [
        Object.values(labels).join(' | '),
        value,
      ]),
    );
  const counted = await readRequests();
  expect(counted.get('GET /v1/metrics | 200 | none')).toBeGreaterThan(0);
  expect(counted.get('GET /v1/items/{itemId} | 401 | unauthorized')).toBe(1);
  expect(counted.get('other | 404 | not-found')).toBe(1);
});

it('never lets a counter fall', async () => {
  await addMetricCounts(env.DB, [count('clicks', {}, 3), count('clicks', {}, 2, hourOf(NOW) - 30)]);
  const total = async () => (await scrape()).find(({ name }) => name === 'bloodstream_clicks_total')!.samples[0]!.value;
  expect(await total()).toBe(5);
  await closeHours(env.DB, NOW);
  expect(await total()).toBe(5);
  await env.DB.prepare('delete from metric_counts where hour > 0 and hour < ?1')
    .bind(hourOf(NOW) - 24)
    .run();
  expect(await total()).toBe(5);
});
