import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import type { Gallery } from '../../models/contracts/gallery.ts';
import { ItemInput } from '../../models/contracts/item.ts';
import { MESSAGE_ANSWERS_MAX, type RecordedAnswer, type SlateMessage } from '../../models/contracts/slate.ts';
import type { MetricCount, SystemMetric } from '../../models/contracts/system-metrics.ts';
import { FEATURES, FEATURES_HASH } from '../../models/features/ranking.ts';
import { readRows } from '../../tests/parquet.ts';
import { makeSlate } from '../../tests/slate.ts';
import { inContext } from '../logging/log.ts';
import { exportSlates } from '../storage/export-slates.ts';
import { hourOf } from '../storage/hour.ts';
import { countAccepted, returnCounts } from '../storage/isolate-counts.ts';
import { putItems } from '../storage/items.ts';
import { readSnapshotManifest } from '../storage/snapshots.ts';
import { app } from './app.ts';
import { sendWithOthers } from './send-answers.ts';

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
  ask(bindings, `users/ann/gallery?country=CH&deadlineMs=5000${query}`);

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
const listAnswers = (messages: readonly SlateMessage[]): RecordedAnswer[] => messages.flatMap(({ answers }) => answers);
const findCount = (messages: readonly SlateMessage[], metric: SystemMetric) =>
  messages.flatMap(({ counts }) => counts).filter((count) => count.metric === metric);
const ACCEPTED: MetricCount = { hour: 480_000, metric: 'events-accepted', labels: {}, amount: 3 };

it('logs a slate behind the answer, and exports it for training', async () => {
  const { recommendationId, rows } = await askGallery(env);
  const shown = rows.flatMap(({ items }) => items.map(({ itemId }) => itemId));
  expect(shown.length).toBeGreaterThan(0);
  const count = async () => (await env.BUCKET.list({ prefix: 'slate-batches/' })).objects.length;
  await expect.poll(count).toBeGreaterThan(0);

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
  expect(listAnswers(sent)).toEqual([]);
  await askGallery(bindings);
  expect(listAnswers(sent).map(({ slate }) => slate?.userId)).toEqual(['ann']);
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
    expect(listAnswers(sent)).toHaveLength(1);
    // No game has an age rating, and the answer says so.
    expect(countRoutes(sent)).toEqual({ list: [1, 0], recommendations: [2, 1], gallery: [1, 0] });
    sent.length = 0;

    await ask(bindings, 'items/new?n=5');
    vi.setSystemTime(Date.now() + 60_000);
    await ask(bindings, 'items/slate-game-1/similar?n=5');
    expect(sent.map(({ answers }) => answers)).toEqual([[]]);
    expect(countRoutes(sent)).toEqual({ list: [1, 0], similar: [1, 0] });
    sent.length = 0;

    vi.setSystemTime(Date.now() + 60_000);
    await askGallery(bindings);
    expect(sent).toHaveLength(1);
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

it('sends the answers of different requests in one message, each with its request', async () => {
  const { sent, bindings } = openQueue();
  const requestIds = Array.from({ length: 5 }, (_, n) => `ray-${n}`);
  // On a busy machine, half a second may not be enough for five answers: the message leaves once all wait for it.
  const { promise: collected, resolve: send } = Promise.withResolvers<void>();
  const wait = scheduler.wait.bind(scheduler);
  let waiting = 0;
  const waits = vi.spyOn(scheduler, 'wait').mockImplementation((ms) => {
    if (ms === 0) return wait(ms);
    if (++waiting === requestIds.length) send();
    return collected;
  });
  onTestFinished(() => waits.mockRestore());
  await Promise.all(requestIds.map((requestId) => inContext({ requestId, secrets: [] }, () => askGallery(bindings))));
  expect(sent).toHaveLength(1);
  expect(
    listAnswers(sent)
      .map(({ requestId }) => requestId)
      .sort(),
  ).toEqual(requestIds);
  expect(countRoutes(sent)).toEqual({ gallery: [5, 0] });
});

it('logs every answer of requests that share a message, through the real queue', async () => {
  const readSeen = () => env.DB.prepare('select coalesce(sum(seen), 0) as n from slate_counts').first<number>('n');
  const before = (await readSeen())!;
  const headers = { authorization: 'Bearer test-admin' };
  const responses = await Promise.all(
    Array.from({ length: 12 }, (_, n) =>
      exports.default.fetch(`http://localhost/v1/users/real-${n}/gallery?deadlineMs=5000`, { headers }),
    ),
  );
  for (const response of responses) expect((await response.json<Gallery>()).rows.length).toBeGreaterThan(0);
  await expect.poll(readSeen).toBe(before + 12);
  // Not one message for each.
  const messages = 'select sum(json_array_length(ids)) as n from counted_batches where counted_at > ?1';
  expect(
    await env.DB.prepare(messages)
      .bind(Date.now() - 5_000)
      .first<number>('n'),
  ).toBeLessThan(12);
});

it('begins another message before one is too large, and each answer leaves once', async () => {
  const { sent, bindings } = openQueue();
  const features = 'a'.repeat(25_000);
  const answers = Array.from({ length: 7 }, (_, n) => ({ slate: { ...makeSlate(`r${n}`, 'ann', 1), features } }));
  const small = Array.from({ length: 2 * MESSAGE_ANSWERS_MAX }, (_, n) => ({ slate: makeSlate(`s${n}`, 'ann', 1) }));
  const all = [...answers, ...small];
  await Promise.all(all.map((answer) => sendWithOthers(bindings.SLATES, answer)));
  for (const message of sent) {
    expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThan(64_000);
    expect(message.answers.length).toBeLessThanOrEqual(MESSAGE_ANSWERS_MAX);
  }
  expect(listAnswers(sent).map(({ slate }) => slate?.recommendationId)).toEqual(
    all.map(({ slate }) => slate.recommendationId),
  );
  expect(sent.length).toBeLessThanOrEqual(7);
});

it('an answer whose request was cancelled leaves with the next', async () => {
  const { sent, bindings } = openQueue();
  // A timer that never ends is what a cancelled request leaves behind.
  const wait = vi.spyOn(scheduler, 'wait').mockReturnValueOnce(new Promise(() => {}));
  void sendWithOthers(bindings.SLATES, { slate: makeSlate('cancelled', 'ann', 1) });
  wait.mockRestore();
  await sendWithOthers(bindings.SLATES, { slate: makeSlate('next', 'ben', 1) });
  expect(listAnswers(sent).map(({ slate }) => slate?.recommendationId)).toEqual(['cancelled', 'next']);
  expect(sent).toHaveLength(1);
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
  await expect.poll(count).toBe(before + 3);
});

it('answers and raises an alert if the queue is down; the answers are counted later', async () => {
  const alerts = vi.spyOn(console, 'error').mockImplementation(() => {});
  const SLATES = { send: () => Promise.reject(new Error('queues are down')) } as unknown as Env['SLATES'];
  returnCounts([ACCEPTED]);
  const { rows, degraded } = await askGallery({ ...env, SLATES });
  expect(rows.length).toBeGreaterThan(0);
  expect(degraded).toEqual([]);
  expect(alerts.mock.calls.flat().join()).toMatch(/answers not logged.*queues are down/);
  alerts.mockRestore();
  const queue = openQueue();
  await askGallery(queue.bindings);
  expect(countRoutes(queue.sent)).toMatchObject({ gallery: [2, 0] });
  expect(findCount(queue.sent, 'events-accepted')).toEqual([ACCEPTED]);
});
