// The whole loop through the API of a running `npm start`: event → signal → gallery → log → snapshot → announcement →
// retraining → release → gallery.

import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, it } from 'vitest';
import type { Gallery, Recommendations } from '../models/contracts/gallery.ts';
import type { Item } from '../models/contracts/item.ts';
import type { JobRunView } from '../models/contracts/job.ts';
import type { Subscription } from '../models/contracts/subscription.ts';
import { runRound } from '../scripts/simulate/round.ts';
import { openStore, type Store } from '../scripts/simulate/store.ts';
import { makeGames } from '../scripts/world/catalogue.ts';
import { moveGames } from '../scripts/world/world.ts';
import { cronOf, type JobName } from '../workers/storage/job-schedule.ts';
import { WORLD_NOW } from './world-date.ts';

interface Status {
  release: string;
  engine: string;
  modelMemory: string;
  items: number;
  deadLetters: number;
  failures: object[];
  log: { hours: { logged: number }[] };
}

async function call<T>(path: string, body?: object): Promise<T> {
  const response = await fetch(`${inject('url')}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${inject('adminKey')}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}
const status = () => call<Status>('/v1/status');
/** Long enough for a busy machine. */
const DEADLINE = 'deadlineMs=5000';
const REPEAT_MS = 50;
const gallery = (userId: string) => call<Gallery>(`/v1/users/${userId}/gallery?expand=item&${DEADLINE}`);
const runCron = (job: JobName) => {
  return fetch(`${inject('url')}/cdn-cgi/handler/scheduled?cron=${encodeURIComponent(cronOf(job))}`);
};
const genreShare = ({ rows }: Gallery, genre: string): number => {
  const items = rows[0]!.items;
  return items.filter(({ item }) => item!.genres.includes(genre)).length / items.length;
};

/** Asks again while the player's object has not read the log yet: it waits for no more than a moment. */
function openPatientStore(): Store {
  const store = openStore(inject('url'), inject('adminKey'));
  const readGallery: Store['readGallery'] = async (...asked) => {
    for (;;) {
      const answer = await store.readGallery(...asked);
      if (answer.degraded.every(({ step }) => step !== 'signals')) return answer;
      await sleep(REPEAT_MS);
    }
  };
  return { ...store, readGallery };
}

it('serves simulated players under each policy', async () => {
  const now = Date.now();
  const tallies = await runRound({
    store: openPatientStore(),
    games: moveGames(makeGames(1, WORLD_NOW), { madeAt: WORLD_NOW, now }),
    seed: 1,
    round: 1,
    players: 4,
    visits: 2,
    now,
    onProgress() {},
  });
  for (const playerTallies of Object.values(tallies)) {
    expect(playerTallies).toHaveLength(4);
    for (const { pages, impressions, regret, best, degraded } of playerTallies) {
      expect(degraded).toBe(0);
      expect(impressions).toBeGreaterThanOrEqual(pages);
      // Even popularity shows something that a player wants.
      expect(regret).toBeLessThan(best);
    }
  }
});

it('notifies a subscriber by signed webhook that a gallery is ready', async () => {
  const received: { headers: IncomingHttpHeaders; body: string }[] = [];
  const receiver = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    // The receiver refuses each notification at first, so it is sent again.
    const isNew = received.every(({ headers }) => headers['webhook-id'] !== request.headers['webhook-id']);
    response.writeHead(isNew ? 503 : 204).end();
    received.push({ headers: request.headers, body });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  try {
    const url = `http://127.0.0.1:${port}/hook`;
    const { secret, subscriptionId } = await call<{ secret: string; subscriptionId: string }>('/v1/subscriptions', {
      url,
      events: ['gallery.ready'],
    });
    const userId = `e2e-webhook-${Date.now()}`;
    const { rows } = await gallery(userId);
    await call('/v1/events', { events: [{ id: '1', userId, type: 'click', itemId: rows[0]!.items[0]!.itemId }] });
    const mine = () => received.filter(({ body }) => body.includes(userId));
    await expect.poll(() => mine().length, { interval: 500 }).toBeGreaterThanOrEqual(2);
    const [first, second] = mine() as [(typeof received)[number], (typeof received)[number]];
    expect(second.body).toBe(first.body);
    expect(JSON.parse(second.body)).toMatchObject({ type: 'gallery.ready', data: { userId } });
    const id = second.headers['webhook-id'] as string;
    expect(id).toBe(first.headers['webhook-id']);
    // Verified independently, as a receiver in another language would.
    const hmac = createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64'));
    hmac.update(`${id}.${second.headers['webhook-timestamp']}.${second.body}`);
    expect(second.headers['webhook-signature']).toBe(`v1,${hmac.digest('base64')}`);
    const { subscriptions } = await call<{ subscriptions: Subscription[] }>('/v1/subscriptions');
    const { lastDelivery } = subscriptions.find((one) => one.subscriptionId === subscriptionId)!;
    expect(lastDelivery!.outcome).toMatch(/^(204|503)$/);
    const headers = { authorization: `Bearer ${inject('adminKey')}` };
    const ended = await fetch(`${inject('url')}/v1/subscriptions/${subscriptionId}`, { method: 'DELETE', headers });
    expect(ended.status).toBe(204);
  } finally {
    receiver.close();
  }
});

it('runs the whole loop from an event to a retrained release', async () => {
  // A release trained on this machine serves with ONNX in workerd.
  await expect.poll(async () => (await status()).release).toEqual(expect.any(String));
  const first = await status();
  expect(first).toMatchObject({ engine: 'onnx', modelMemory: 'plain', deadLetters: 0, failures: [] });

  // An unknown player gets a gallery; ten clicks on one genre change the next one.
  const userId = `e2e-${Date.now()}`;
  const before = await gallery(userId);
  expect(before.tier).toBe('statistics');
  const genre = 'Strategy';
  const { items: popular } = await call<{ items: { itemId: string; item: Item }[] }>(
    `/v1/items/popular?genre=${genre}&n=100&expand=item`,
  );
  // Games of this genre only: clicks on games of two genres would count for both.
  const strategy = popular.filter(({ item }) => item.genres.length === 1).slice(0, 10);
  const { results } = await call<{ results: { status: string }[] }>('/v1/events', {
    events: strategy.map(({ itemId }, index) => ({ id: `click-${index}`, userId, type: 'click', itemId })),
  });
  expect(results.map(({ status }) => status)).toEqual(Array(10).fill('accepted'));
  const after = await gallery(userId);
  expect(after).toMatchObject({ tier: 'online', release: first.release, degraded: [] });
  expect(genreShare(after, genre)).toBeGreaterThan(Math.max(0.7, genreShare(before, genre)));
  expect(after.rows.map(({ id }) => id)).toEqual(
    expect.arrayContaining(['top-picks', 'trending', 'best-rated', 'new', `genre-${genre}`]),
  );

  // A game that no model knows, and many players who play it together with one that every model knows.
  const anchor = strategy[0]!.itemId;
  const { genres, tags, platforms } = await call<Item>(`/v1/items/${anchor}`);
  const novelty = `e2e-novelty-${Date.now()}`;
  await call('/v1/items', {
    items: [{ itemId: novelty, title: 'Novelty', genres, tags, platforms, releaseDate: '2026-01-01' }],
  });
  const listSimilar = (itemId: string) => call<Recommendations>(`/v1/items/${itemId}/similar?n=20&${DEADLINE}`);
  const goesWithAnchor = async () => (await listSimilar(anchor)).items.find(({ itemId }) => itemId === novelty)?.reason;
  // Only the catalogue shows that the two are similar.
  expect(await goesWithAnchor()).toMatch(/^Similar to /);
  expect(await listSimilar(novelty)).toMatchObject({ tier: 'statistics', release: first.release });
  const players = 300;
  const impressions = 12;
  const events = Array.from({ length: players }, (_, player) =>
    [
      // Enough interactions for the last ones to become evaluation cases: a model that knows the novelty scores better.
      ...[strategy[1 + (player % 4)]!.itemId, strategy[5 + (player % 5)]!.itemId, anchor, novelty].map(
        (itemId, index) => ({ id: `e${index}`, type: 'play', itemId, value: 90 }),
      ),
      ...Array.from({ length: impressions }, (_, index) => ({
        id: `v${index}`,
        type: 'view',
        itemId: strategy[index % 10]!.itemId,
      })),
    ].map((event) => ({ ...event, userId: `e2e-player-${player}` })),
  ).flat();
  const countLogged = async () => (await status()).log.hours.reduce((sum, { logged }) => sum + logged, 0);
  const loggedBefore = await countLogged();
  const begunAt = Date.now();
  /** Rows exported since then. `npm start` runs the job, too: a run that finds another at work exports nothing. */
  const countExported = async () => {
    expect((await runCron('export-snapshot')).status).toBe(200);
    const { runs } = await call<{ runs: JobRunView[] }>('/v1/jobs/export-snapshot/runs');
    const later = runs.filter(({ startedAt }) => Date.parse(startedAt) >= begunAt);
    return later.reduce((sum, { rows }) => sum + (rows ?? 0), 0);
  };
  for (let from = 0; from < events.length; from += 100)
    await call('/v1/events', { events: events.slice(from, from + 100) });

  // The log stores them, the crons export and announce them, and the waiting trainer publishes on its own.
  await expect.poll(countLogged, { interval: 1_000 }).toBeGreaterThanOrEqual(loggedBefore + events.length);
  await expect.poll(countExported, { interval: 1_000 }).toBeGreaterThanOrEqual(events.length);
  await runCron('announce-training');
  await expect
    .poll(async () => (await status()).release, { timeout: 120_000, interval: 2_000 })
    .not.toBe(first.release);

  // The Worker swapped the release on its own: the model now knows the novelty. Whether it is among the anchor's 20
  // neighbours depends on the model that won, but content alone no longer puts it there.
  const { tier, release, items } = await listSimilar(novelty);
  expect(tier).toBe('online');
  expect(release).not.toBe(first.release);
  expect(items[0]!.reason).toBe('Goes with Novelty');
  expect((await goesWithAnchor()) ?? 'not among them').not.toMatch(/^Similar to /);
  expect(await status()).toMatchObject({ engine: 'onnx', deadLetters: 0, failures: [] });
});
