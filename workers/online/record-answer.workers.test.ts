import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, expect, it, vi } from 'vitest';
import type { Gallery } from '../../models/contracts/gallery.ts';
import { ItemInput } from '../../models/contracts/item.ts';
import type { SlateMessage } from '../../models/contracts/slate.ts';
import type { MetricCount, SystemMetric } from '../../models/contracts/system-metrics.ts';
import { FEATURES, FEATURES_HASH } from '../../models/features/ranking.ts';
import { readRows } from '../../tests/parquet.ts';
import { exportSlates } from '../storage/export-slates.ts';
import { hourOf } from '../storage/hour.ts';
import { countAccepted, returnCounts } from '../storage/isolate-counts.ts';
import { putItems } from '../storage/items.ts';
import { readSnapshotManifest } from '../storage/snapshots.ts';
import { app } from './app.ts';

const games = Array.from({ length: 30 }, (_, index) => ({
  itemId: `slate-game-${index}`,
  ...ItemInput.parse({ title: `Game ${index}`, genres: ['Strategy'], releaseDate: '2026-01-01' }),
}));

beforeAll(() => putItems(env.DB, games));

async function ask<T>(bindings: Env, path: string): Promise<T> {
  const ctx = createExecutionContext();
  const headers = { authorization: 'Bearer test-admin' };
  const response = await app.fetch(new Request(`http://localhost/v1/${path}`, { headers }), bindings, ctx);
  expect(response.status).toBe(200);
  const answer = await response.json<T>();
  await waitOnExecutionContext(ctx);
  return answer;
}
const askGallery = (bindings: Env, query = ''): Promise<Gallery> =>
  ask(bindings, `users/ann/gallery?country=CH&deadlineMs=2000${query}`);

/** Collects messages instead of sending them. */
function openQueue() {
  const sent: SlateMessage[] = [];
  const SLATES = { send: async (message: SlateMessage) => void sent.push(message) } as unknown as Env['SLATES'];
  return { sent, bindings: { ...env, SLATES } };
}

/** Sums by route: answers, and degraded ones. */
function countRoutes(messages: readonly Pick<SlateMessage, 'counts'>[]): Record<string, [number, number]> {
  const sums: Record<string, [number, number]> = {};
  for (const { metric, labels, amount } of messages.flatMap(({ counts }) => counts)) {
    if (labels.route === undefined || (metric !== 'answers' && metric !== 'degraded-answers')) continue;
    const sum = sums[labels.route] ?? [0, 0];
    sum[metric === 'answers' ? 0 : 1] += amount;
    sums[labels.route] = sum;
  }
  return sums;
}
const findCount = (messages: readonly SlateMessage[], metric: SystemMetric) =>
  messages.flatMap(({ counts }) => counts).filter((count) => count.metric === metric);
const ACCEPTED: MetricCount = { hour: 480_000, metric: 'events-accepted', labels: {}, amount: 3 };

it('logs a slate behind the answer, and exports it for training', async () => {
  const { recommendationId, rows } = await askGallery(env);
  const shown = rows.flatMap(({ items }) => items.map(({ itemId }) => itemId));
  expect(shown.length).toBeGreaterThan(0);
  const count = async () => (await env.BUCKET.list({ prefix: 'slate-batches/' })).objects.length;
  await vi.waitFor(async () => expect(await count()).toBeGreaterThan(0), { timeout: 10_000 });

  expect(await exportSlates(env.DB, env.BUCKET, Date.now())).toBe(1);
  const { slates } = (await readSnapshotManifest(env.BUCKET))!;
  expect(slates).toMatchObject([{ rows: shown.length, slates: 1, users: ['ann', 'ann'] }]);
  const exported = await readRows(env.BUCKET, slates[0]!);
  expect(exported.map(({ item_id }) => item_id)).toEqual(shown);
  expect(exported[0]).toMatchObject({
    ...{ recommendation_id: recommendationId, user_id: 'ann', country: 'CH', sampling_rate: 1 },
    ...{ row_index: 0, column_index: 0, features_hash: FEATURES_HASH },
  });
  expect((exported[0]!.features as Uint8Array).length).toBe(FEATURES.length);
});

it('logs neither a page with explanations nor a page to compare with', async () => {
  const { sent, bindings } = openQueue();
  await askGallery(bindings, '&explain=1');
  for (const policy of ['popularity', 'no-fatigue']) await askGallery(bindings, `&policy=${policy}`);
  expect(sent.filter(({ slate }) => slate !== null)).toEqual([]);
  await askGallery(bindings);
  expect(sent.filter(({ slate }) => slate !== null)).toHaveLength(1);
});

it('counts answers of all routes in the message of the next slate, and without slates in one a minute', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
  try {
    await askGallery(openQueue().bindings);
    const { sent, bindings } = openQueue();
    await ask(bindings, 'items/new?n=5');
    await ask(bindings, 'users/ann/recommendations?n=5');
    await ask(bindings, 'users/ann/recommendations?n=5&ageLimit=3');
    returnCounts([ACCEPTED]);
    expect(sent).toEqual([]);
    await askGallery(bindings);
    expect(sent).toHaveLength(1);
    expect(findCount(sent, 'events-accepted')).toEqual([ACCEPTED]);
    expect(sent[0]!.slate).not.toBeNull();
    // No game has an age rating, and the answer says so.
    expect(countRoutes(sent)).toEqual({ list: [1, 0], recommendations: [2, 1], gallery: [1, 0] });
    sent.length = 0;

    await ask(bindings, 'items/new?n=5');
    vi.setSystemTime(Date.now() + 60_000);
    await ask(bindings, 'items/slate-game-1/similar?n=5');
    expect(sent.map(({ slate }) => slate)).toEqual([null]);
    expect(countRoutes(sent)).toEqual({ list: [1, 0], similar: [1, 0] });
  } finally {
    vi.useRealTimers();
  }
});

it('counts accepted events in a message of their own where there are no slates', async () => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout'], now: Date.now() + 7_200_000 });
  try {
    const { sent, bindings } = openQueue();
    const planned: Promise<unknown>[] = [];
    for (let n = 0; n < 2; n++) countAccepted(bindings.SLATES, (sending) => void planned.push(sending), 2);
    expect(planned).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(5_000);
    await planned[0];
    expect(findCount(sent, 'events-accepted')).toEqual([{ ...ACCEPTED, hour: hourOf(Date.now()), amount: 4 }]);
  } finally {
    vi.useRealTimers();
  }
});

it('shows the counts at /v1/metrics', async () => {
  const count = async () => {
    const { metrics } = await ask<{ metrics: { values: { labels: object; value: number }[] }[] }>(
      ...([env, 'metrics?by=route,tier&metrics=answers'] as const),
    );
    const galleries = metrics[0]?.values.filter(({ labels }) => 'route' in labels && labels.route === 'gallery') ?? [];
    return galleries.reduce((sum, { value }) => sum + value, 0);
  };
  const before = await count();
  for (let n = 0; n < 3; n++) await askGallery(env);
  await expect.poll(count, { timeout: 10_000 }).toBe(before + 3);
});

it('answers and raises an alert if the queue is down; the answers are counted later', async () => {
  const alerts = vi.spyOn(console, 'error').mockImplementation(() => {});
  const SLATES = { send: () => Promise.reject(new Error('queues are down')) } as unknown as Env['SLATES'];
  returnCounts([ACCEPTED]);
  const { rows, degraded } = await askGallery({ ...env, SLATES });
  expect(rows.length).toBeGreaterThan(0);
  expect(degraded).toEqual([]);
  expect(alerts.mock.calls.flat().join()).toMatch(/answer not logged.*queues are down/);
  alerts.mockRestore();
  const queue = openQueue();
  await askGallery(queue.bindings);
  expect(countRoutes(queue.sent)).toMatchObject({ gallery: [2, 0] });
  expect(findCount(queue.sent, 'events-accepted')).toEqual([ACCEPTED]);
});
