import { env } from 'cloudflare:workers';
import { beforeEach, expect, it } from 'vitest';
import type { MetricCount } from '../../models/contracts/system-metrics.ts';
import { HOUR_MS } from './hour.ts';
import {
  addMetricCounts,
  closeHours,
  readMetricSums,
  readMetricTotals,
  readTimedSums,
  setGauges,
} from './metric-counts.ts';

const NOW_HOUR = 490_000;
const NOW = NOW_HOUR * HOUR_MS + 1;
const answers = (tier: string, route: string, amount: number, hour = NOW_HOUR): MetricCount => ({
  ...{ hour, metric: 'answers', labels: { tier, route, release: 'v1' }, amount },
});
const clicks = (amount: number, hour: number, labels: Record<string, string> = {}): MetricCount => ({
  ...{ hour, metric: 'clicks', labels, amount },
});
const readTotal = async () =>
  (await readMetricTotals(env.DB, NOW)).find(({ metric, labels }) => metric === 'clicks' && !('row' in labels))?.value;

beforeEach(() =>
  env.DB.batch(['metric_counts', 'metric_cursors'].map((table) => env.DB.prepare(`delete from ${table}`))),
);

it('adds amounts, and sums them over the labels that were not asked for', async () => {
  for (let round = 0; round < 2; round++)
    await addMetricCounts(env.DB, [
      answers('online', 'gallery', 3),
      answers('batch', 'gallery', 1),
      answers('online', 'list', 2),
    ]);
  await addMetricCounts(env.DB, [{ hour: NOW_HOUR, metric: 'answers', labels: { variant: 'e:a' }, amount: 50 }]);
  const range = { metrics: ['answers', 'clicks'] as const, from: NOW, to: NOW + HOUR_MS };
  expect(await readMetricSums(env.DB, { ...range, by: ['tier'] })).toEqual([
    { metric: 'answers', labels: { tier: 'online' }, value: 10 },
    { metric: 'answers', labels: { tier: 'batch' }, value: 2 },
  ]);
  // Another breakdown counts the same answers again: the two are never added.
  expect(await readMetricSums(env.DB, range)).toEqual([{ metric: 'answers', labels: {}, value: 12 }]);
  expect(await readMetricSums(env.DB, { ...range, by: ['variant'] })).toMatchObject([{ value: 50 }]);
  expect(await readMetricSums(env.DB, { ...range, by: ['tier', 'variant'] })).toEqual([]);
});

it('refuses labels that are no breakdown of the metric', async () => {
  await expect(addMetricCounts(env.DB, [clicks(1, NOW_HOUR, { route: 'gallery' })])).rejects.toThrow('not counted by');
});

it('reads periods', async () => {
  const day = Math.floor(NOW_HOUR / 24) * 24;
  await addMetricCounts(env.DB, [clicks(1, day - 24), clicks(2, day), clicks(4, day + 23), clicks(8, day + 24)]);
  const range = { metrics: ['clicks'] as const, from: (day - 24) * HOUR_MS, to: (day + 24) * HOUR_MS };
  const days = await readTimedSums(env.DB, range, 24);
  expect(days.map(({ hour, value }) => [hour, value])).toEqual([
    [day - 24, 1],
    [day, 6],
  ]);
});

it('keeps the totals of counters when hours are closed, and counts late amounts in an open hour', async () => {
  await addMetricCounts(env.DB, [clicks(1, NOW_HOUR - 100), clicks(2, NOW_HOUR - 25), clicks(4, NOW_HOUR)]);
  expect(await readTotal()).toBe(7);
  for (let round = 0; round < 2; round++) {
    await closeHours(env.DB, NOW);
    expect(await readTotal()).toBe(7);
  }
  await addMetricCounts(env.DB, [clicks(8, NOW_HOUR - 100)]);
  expect(await readTotal()).toBe(15);
  // Old hours may be deleted.
  await env.DB.prepare('delete from metric_counts where hour > 0 and hour < ?1')
    .bind(NOW_HOUR - 24)
    .run();
  expect(await readTotal()).toBe(15);
  await closeHours(env.DB, NOW + 30 * HOUR_MS);
  expect(await readTotal()).toBe(15);
  const late = { metrics: ['clicks'] as const, from: (NOW_HOUR - 24) * HOUR_MS, to: NOW };
  expect(await readTimedSums(env.DB, late, 1)).toMatchObject([{ hour: NOW_HOUR - 24, value: 8 }, { value: 4 }]);
});

it('keeps the last state of an hour of a gauge, and its mean over hours', async () => {
  const gauge = (amount: number) => ({ metric: 'dead-letters' as const, labels: {}, amount });
  await setGauges(env.DB, [gauge(9)], NOW - HOUR_MS);
  await setGauges(env.DB, [gauge(3)], NOW - HOUR_MS);
  await setGauges(env.DB, [gauge(5)], NOW);
  const range = { metrics: ['dead-letters'] as const, from: NOW - HOUR_MS, to: NOW };
  expect(await readMetricSums(env.DB, range)).toMatchObject([{ value: 4 }]);
  expect(await readMetricTotals(env.DB, NOW)).toMatchObject([{ value: 5 }]);
  await closeHours(env.DB, NOW + 48 * HOUR_MS);
  expect(await readMetricTotals(env.DB, NOW + 48 * HOUR_MS)).toEqual([]);
});
