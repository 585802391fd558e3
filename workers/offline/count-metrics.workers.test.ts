import { env } from 'cloudflare:workers';
import { beforeEach, expect, it } from 'vitest';
import type { EventType, PlayerEvent } from '../../models/contracts/event.ts';
import { ItemInput } from '../../models/contracts/item.ts';
import { makeEvent } from '../../tests/event.ts';
import { migrate } from '../../tests/migrate.ts';
import { makeSlate } from '../../tests/slate.ts';
import { insertEvents } from '../storage/events.ts';
import { putItems } from '../storage/items.ts';
import { readMetricSums, readMetricTotals } from '../storage/metric-counts.ts';
import { insertShownAnswers } from '../storage/shown-answers.ts';
import { reportUnlogged } from '../storage/unlogged-users.ts';
import { countMetrics } from './count-metrics.ts';

const NOW = Date.UTC(2026, 10, 27, 12, 30);
const MINUTE = 60_000;
let events = 0;
/** A reaction to an answer, five minutes ago. */
const act = (
  type: EventType,
  recommendationId: string | null,
  position: number | null,
  more: Partial<PlayerEvent> = {},
) => makeEvent('ann', type, 'g0', NOW - 5 * MINUTE, { id: `e${events++}`, recommendationId, position, ...more });
const show = (id: string, variant?: string) => {
  const slate = makeSlate(id, 'ann', NOW - 6 * MINUTE);
  const effect = { isNewUser: false, degraded: false, isEmpty: false, failed: false, elapsedMs: 1 };
  const exposure = { experimentId: 'bolder', userId: 'ann', recommendationId: id, at: slate.shownAt, ...effect };
  return insertShownAnswers(env.DB, [
    {
      answer: slate,
      rows: [
        ['top-picks', 0],
        ['trending', 12],
      ],
      exposures: variant === undefined ? [] : [{ ...exposure, variant }],
    },
  ]).run();
};
/** Sums by metric and the values of the labels. */
async function read(by: string[]): Promise<Record<string, number>> {
  const metrics = ['impressions', 'clicks', 'plays', 'play-time', 'dismissals'] as const;
  const sums = await readMetricSums(env.DB, { metrics, from: NOW - 60 * MINUTE, to: NOW, by });
  return Object.fromEntries(
    sums.map(({ metric, labels, value }) => [[metric, ...Object.values(labels)].join(' '), value]),
  );
}

beforeEach(async () => {
  const tables = ['events', 'metric_counts', 'metric_cursors', 'shown_answers', 'acted_items', 'item_totals', 'items'];
  await env.DB.batch(tables.map((table) => env.DB.prepare(`delete from ${table}`)));
});

it('joins each event to its answer, and counts it once, by row, position, release, variant and place', async () => {
  await show('r1', 'b');
  await show('r2');
  await insertEvents(env.DB, [
    act('impression', 'r1', 0),
    act('impression', 'r1', 13),
    act('impression', 'r2', 0, { country: 'DE', platform: 'linux' }),
    act('click', 'r1', 13),
    act('play', 'r1', 40, { value: 90 }),
    // Neither reacts to an answer, nor to one that is known.
    act('click', null, null),
    act('click', 'r-unknown', 3),
    act('rate', 'r1', 0),
  ]);
  for (let round = 0; round < 2; round++) await countMetrics(env, NOW);
  expect(await read([])).toEqual({ impressions: 3, clicks: 2, plays: 1, 'play-time': 5_400 });
  expect(await read(['row'])).toEqual({
    ...{ 'impressions top-picks': 2, 'impressions trending': 1, 'clicks trending': 1, 'clicks none': 1 },
    ...{ 'plays trending': 1, 'play-time trending': 5_400 },
  });
  expect(await read(['position'])).toMatchObject({ 'impressions 0': 2, 'impressions 1': 1, 'plays 12+': 1 });
  expect(await read(['release'])).toMatchObject({ 'impressions v1': 3, 'clicks none': 1 });
  expect(await read(['variant'])).toEqual({
    ...{ 'impressions bolder:b': 2, 'clicks bolder:b': 1, 'plays bolder:b': 1, 'play-time bolder:b': 5_400 },
  });
  // Of the answer, unless the event has its own.
  expect(await read(['country'])).toMatchObject({ 'impressions CH': 2, 'impressions DE': 1 });
  expect(await read(['platform'])).toMatchObject({ 'impressions none': 2, 'impressions linux': 1 });
  const logged = await readMetricSums(env.DB, {
    ...{ metrics: ['events-logged'], from: NOW - 60 * MINUTE, to: NOW, by: ['type'] },
  });
  expect(Object.fromEntries(logged.map(({ labels, value }) => [labels.type, value]))).toEqual({
    ...{ impression: 3, click: 3, play: 1, rate: 1 },
  });
});

it('counts an event only once its answer has had a minute to arrive, and goes on from there', async () => {
  const recent = { receivedAt: NOW - MINUTE / 2 };
  await insertEvents(env.DB, [act('click', 'r1', 0), act('click', 'r1', 0, recent), act('click', 'r1', 0)]);
  expect(await countMetrics(env, NOW)).toBe(1);
  await show('r1');
  expect(await countMetrics(env, NOW + MINUTE)).toBe(2);
  expect(await countMetrics(env, NOW + 2 * MINUTE)).toBe(0);
  expect(await read(['row'])).toEqual({ 'clicks none': 1, 'clicks top-picks': 2 });
});

it('counts once if two runs read the same page', async () => {
  await insertEvents(env.DB, [act('click', 'r1', 0), act('click', 'r1', 0)]);
  await Promise.all([countMetrics(env, NOW), countMetrics(env, NOW)]);
  expect(await read([])).toEqual({ clicks: 2 });
});

it('tells a bounded number of countries apart in an hour, the first and most frequent ones', async () => {
  const country = (n: number) => `${String.fromCharCode(65 + Math.floor(n / 26))}${String.fromCharCode(65 + (n % 26))}`;
  await insertEvents(env.DB, [act('click', 'r1', 0, { country: 'ZZ' })]);
  await countMetrics(env, NOW);
  const many = Array.from({ length: 100 }, (_, n) => act('click', 'r1', 0, { country: country(n) }));
  await insertEvents(env.DB, [
    ...many,
    act('click', 'r1', 0, { country: 'YY' }),
    act('click', 'r1', 0, { country: 'YY' }),
  ]);
  await countMetrics(env, NOW);
  const counted = await read(['country']);
  expect(Object.keys(counted)).toHaveLength(61);
  expect(counted).toMatchObject({ 'clicks ZZ': 1, 'clicks YY': 2, 'clicks other': 42 });
});

it('counts every database of the log', async () => {
  await migrate(env.TEST_LOG_1);
  await insertEvents(env.DB, [act('click', 'r1', 0)]);
  await insertEvents(env.TEST_LOG_1, [act('click', 'r1', 0), act('dismiss', 'r1', 0)]);
  expect(await countMetrics({ ...env, LOG_1: env.TEST_LOG_1 }, NOW)).toBe(3);
  expect(await read([])).toEqual({ clicks: 2, dismissals: 1 });
});

it('counts the most popular fifth of the catalogue apart, and which share of it was shown and played', async () => {
  const game = (id: string) => ({ itemId: id, ...ItemInput.parse({ title: id, genres: ['Strategy'] }) });
  await putItems(
    env.DB,
    Array.from({ length: 10 }, (_, n) => game(`g${n}`)),
  );
  for (let n = 0; n < 10; n++)
    await env.DB.prepare("insert into item_totals (country, item_id, popularity, before_weight) values ('', ?1, ?2, 0)")
      .bind(`g${n}`, 100 - n)
      .run();
  await insertEvents(env.DB, [
    ...[0, 1, 2, 3].map((n) => act('impression', 'r1', 0, { itemId: `g${n}` })),
    act('play', null, null, { itemId: 'g9' }),
    act('play', null, null, { itemId: 'no longer in the catalogue' }),
    // Imported: received now, played long ago.
    act('play', null, null, { itemId: 'g8', timestamp: NOW - 30 * 86_400_000 }),
  ]);
  await countMetrics(env, NOW);
  expect(await read(['popularity'])).toEqual({ 'impressions head': 2, 'impressions tail': 2 });
  const coverage = await readMetricSums(env.DB, { metrics: ['coverage'], from: NOW, to: NOW + 1, by: ['act'] });
  expect(coverage).toMatchObject([
    { labels: { act: 'shown' }, value: 0.4 },
    { labels: { act: 'played' }, value: 0.1 },
  ]);
});

it('notes states', async () => {
  await reportUnlogged(env.DB, 'ann', { events: 3, oldestAt: NOW - 10 * MINUTE });
  await countMetrics(env, NOW);
  const states = Object.fromEntries((await readMetricTotals(env.DB, NOW)).map(({ metric, value }) => [metric, value]));
  expect(states).toMatchObject({ 'unlogged-events': 3, 'unlogged-age': 600, 'dead-letters': 0 });
  expect(states['database-size']).toBeGreaterThan(10_000);
});
