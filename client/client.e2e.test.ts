// The client in Node, against the Worker of `npm start`.

import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, inject, it, onTestFinished, vi } from 'vitest';
import '../tests/start.ts';
import { mintToken, signEndedToken } from '../tests/player-tokens.ts';
import { type Client, type ClientOptions, createClient } from './client.ts';
import { openFileStore } from './node.ts';
import type { Notice } from './types.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const newPlayer = () => `client-${crypto.randomUUID()}`;

function open(userId: string, options: Partial<ClientOptions> = {}): Client {
  return createClient({
    url: inject('url'),
    userId,
    getToken: () => mintToken(inject('url'), inject('adminKey'), userId),
    ...options,
  });
}
const readLiked = async (client: Client) =>
  (await client.call<{ liked: string[] }>(`/v1/users/${client.userId}/signals`)).liked;

it('reads a gallery, recommendations page by page, a search, similar games, and preferences', async () => {
  const client = open(newPlayer(), { context: { locale: 'de-CH' } });
  const { rows, tier } = await client.getGallery({ n: 3, expand: 'item' });
  expect(rows[0]!.items).toHaveLength(3);
  const { itemId, item } = rows[0]!.items[0]!;
  expect(tier).toBe('statistics');

  const first = await client.getRecommendations({ n: 4, exclude: [itemId] });
  const shown = first.items.map((one) => one.itemId);
  const { recommendationId } = first;
  const next = await client.getRecommendations({ n: 4, exclude: [itemId], offset: 4, recommendationId });
  expect(next.recommendationId).toBe(recommendationId);
  expect(new Set([itemId, ...shown, ...next.items.map((one) => one.itemId)]).size).toBe(9);

  const found = await client.searchItems(item!.title, { n: 5, record: false });
  expect(found.items.map((one) => one.itemId)).toContain(itemId);
  const similar = await client.getSimilar(itemId, { n: 5, exclude: shown });
  expect(similar.items).toHaveLength(5);

  expect(await client.putPreferences({ mutedGenres: item!.genres })).toMatchObject({ mutedGenres: item!.genres });
  expect(await client.getPreferences()).toMatchObject({ mutedGenres: item!.genres });
  await expect(client.getGallery({ n: 1_000 })).rejects.toMatchObject({
    status: 400,
    type: '/docs#problem-invalid-input',
    errors: [{ path: 'n' }],
  });
});

it('keeps events offline, also across a restart, and sends them once, with their time by the right clock', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'client-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'events.json');
  const userId = newPlayer();
  // The device is an hour ahead; the server refuses events from more than five minutes ahead.
  const now = () => Date.now() + HOUR_MS;
  const offline = open(userId, {
    store: openFileStore(file),
    now: () => now() - MINUTE_MS,
    fetch: () => Promise.reject(new TypeError('offline')),
  });
  const likedAt = Date.now() - MINUTE_MS;
  const liked = offline.recordEvent({ type: 'like', itemId: 'wynmere' });
  await expect(offline.close()).rejects.toMatchObject({ status: 0, type: 'network' });

  const sent: { id: string; timestamp: number }[] = [];
  let losesAnswer = true;
  const spy: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    const { events } = JSON.parse(String(init?.body ?? '{}'));
    if (events === undefined) return response;
    sent.push(...events);
    if (!losesAnswer) return response;
    losesAnswer = false;
    throw new TypeError('the answer was lost');
  };
  const lost = vi.fn();
  const online = open(userId, { store: openFileStore(file), now, fetch: spy, onLost: lost });
  // The first request arrives without its answer.
  await expect(online.flush()).rejects.toMatchObject({ type: 'network' });
  await online.close();
  expect(sent.map(({ id }) => id)).toEqual([liked, liked]);
  for (const { timestamp } of sent) expect(Math.abs(timestamp - likedAt)).toBeLessThan(2_000);
  expect(await readLiked(online)).toEqual(['wynmere']);
  expect([lost.mock.calls, await openFileStore(file).read()]).toEqual([[], []]);
});

it('renews a token that has ended, for calls, for events, and for the stream', async () => {
  const userId = newPlayer();
  const ended = await signEndedToken(userId);
  const getToken = vi.fn(async (refused?: string) =>
    refused === undefined ? ended : mintToken(inject('url'), inject('adminKey'), userId),
  );
  const client = open(userId, { getToken });
  client.recordEvent({ type: 'like', itemId: 'wynmere' });
  await Promise.all([client.flush(), client.getGallery()]);
  expect(await readLiked(client)).toEqual(['wynmere']);
  expect(getToken.mock.calls).toEqual([[undefined], [ended]]);

  const streaming = open(userId, { getToken });
  const notices: Notice[] = [];
  const stop = streaming.openStream((notice) => notices.push(notice));
  onTestFinished(stop);
  // The handshake with the ended token fails; the stream renews it, and comes back.
  await expect.poll(() => getToken.mock.calls.length).toBe(4);
  const id = client.recordEvent({ type: 'play', itemId: 'wynmere', value: 60 });
  await client.flush();
  await expect.poll(() => notices.flatMap(({ causes }) => causes)).toContain(id);
});

it('stops the stream with the server’s problem when its key has been deleted', async () => {
  const manage = async (method: string, path: string, body?: object) => {
    const headers = { authorization: `Bearer ${inject('adminKey')}`, 'content-type': 'application/json' };
    const response = await fetch(inject('url') + path, { method, headers, body: body && JSON.stringify(body) });
    return response.text();
  };
  const created = await manage('POST', '/v1/keys', { name: 'leaked', scopes: ['read'] });
  const { key, keyId } = JSON.parse(created) as { key: string; keyId: string };
  const player = open(newPlayer());
  const getToken = vi.fn((refused?: string) => (refused === undefined ? key : undefined));
  const listening = open(player.userId, { getToken });
  const notices: Notice[] = [];
  const onRefused = vi.fn();
  onTestFinished(listening.openStream((notice) => notices.push(notice), { onRefused }));
  const act = async () => {
    player.recordEvent({ type: 'click', itemId: 'wynmere' });
    await player.flush();
    return notices.length;
  };
  // The stream may open after the first gallery is ready.
  await expect.poll(act, { interval: 2_500 }).toBeGreaterThan(0);
  await manage('DELETE', `/v1/keys/${keyId}`);
  await act();
  // Node reports a close once the connection ends, which is when the object hibernates, ten seconds later.
  await expect.poll(() => onRefused.mock.calls.length).toBe(1);
  expect(onRefused.mock.calls[0]![0]).toMatchObject({
    name: 'Problem',
    status: 401,
    type: '/docs#problem-unauthorized',
  });
  expect(getToken.mock.calls).toEqual([[undefined], [key]]);
});

it('repeats on the stream what was missed', async () => {
  const client = open(newPlayer());
  await client.getGallery();
  const received: Notice[] = [];
  const listenUntil = async (condition: () => boolean, after?: number) => {
    const stop = client.openStream((notice) => received.push(notice), { after });
    await expect.poll(condition).toBe(true);
    stop();
  };
  await client.recordForGallery([{ type: 'like', itemId: 'wynmere' }]);
  await listenUntil(() => received.length === 1, 0);
  const missed = client.recordEvent({ type: 'play', itemId: 'wynmere', value: 60 });
  await client.flush();
  // Ready while nobody listens.
  await expect
    .poll(async () => {
      const probe: Notice[] = [];
      const stop = client.openStream((notice) => probe.push(notice), { after: received[0]!.id });
      await new Promise((resolve) => setTimeout(resolve, 300));
      stop();
      return probe.length;
    })
    .toBe(1);
  await listenUntil(() => received.length === 2, received[0]!.id);
  expect(received[1]).toMatchObject({ id: received[0]!.id + 1, causes: [missed] });
});
