import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { formatStreamAccess } from '../../models/contracts/credential.ts';
import type { Notice } from '../../models/contracts/notice.ts';
import { makePlayerCaller } from '../../tests/caller.ts';
import { createItem } from '../../tests/ranking-input.ts';
import { runAlarm } from '../../tests/run-alarm.ts';
import { putItems } from '../storage/items.ts';
import { signToken } from './player-token.ts';
import { getStream } from './stream.ts';

/** A header that a client might send. */
const LASTING = formatStreamAccess({ credential: { kind: 'stored-key', keyId: 'none' }, endsAt: 9e15 });

const ask = (path: string, headers: Record<string, string>) =>
  exports.default.fetch(`http://edge${path}`, { headers: { authorization: 'Bearer test-read', ...headers } });
const click = (userId: string, id: string, itemId: string) =>
  exports.default.fetch('http://edge/v1/events', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer test-ingest' },
    body: JSON.stringify({ events: [{ id, userId, type: 'click', itemId }] }),
  });
const makeGallery = (userId: string) => runAlarm(env.USER_SIGNALS.getByName(userId));

const countLogged = () => env.DB.prepare("select count(*) as n from events where user_id = 'ann'").first<number>('n');

/** The messages that the socket receives. */
async function connect(path: string, headers: Record<string, string> = {}) {
  const { status, webSocket, headers: given } = await ask(path, { upgrade: 'websocket', ...headers });
  expect(status).toBe(101);
  const heard: (Notice | string)[] = [];
  webSocket!.accept();
  webSocket!.addEventListener('message', ({ data }) => {
    heard.push(data === 'pong' ? data : JSON.parse(data as string));
  });
  return { heard, socket: webSocket!, given };
}

/** In the future: alarms run by the test's hand alone, and time passes as the test says. */
const START = Date.UTC(2100, 0, 1);
const passTime = (ms: number) => vi.setSystemTime(Date.now() + ms);
beforeAll(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
  return putItems(
    env.DB,
    Array.from({ length: 60 }, (_, index) => createItem(index)),
  );
});
afterAll(() => void vi.useRealTimers());

it('notifies a socket, even after hibernation, and sends missed notices on reconnection', async () => {
  const first = await connect('/v1/users/ann/stream');
  await click('ann', '1', 'g1');
  await click('ann', '2', 'g3');
  expect(await makeGallery('ann')).toBe(true);
  await expect.poll(() => first.heard).toHaveLength(1);
  const [ready] = first.heard as [Notice];
  expect(ready).toMatchObject({ id: 1, type: 'gallery.ready', recommendationId: expect.any(String) });
  expect(ready.causes).toEqual(['1', '2']);
  expect(ready.changed.rowsAdded).toContain('top-picks');
  expect(ready.changed.itemsAdded.length).toBeGreaterThan(10);
  // A burst of events makes one gallery: the next alarm only asks whether the log has them, and none follows.
  await expect.poll(countLogged).toBe(2);
  expect(await makeGallery('ann')).toBe(true);
  expect(await makeGallery('ann')).toBe(false);
  expect(first.heard).toHaveLength(1);

  first.socket.send('ping');
  await expect.poll(() => first.heard.at(-1)).toBe('pong');
  first.socket.close(1000);

  await click('ann', '3', 'g5');
  await makeGallery('ann');
  await evictDurableObject(env.USER_SIGNALS.getByName('ann'));
  const again = await connect('/v1/users/ann/stream?after=1');
  await expect.poll(() => again.heard).toHaveLength(1);
  expect(again.heard[0]).toMatchObject({ id: 2, causes: ['3'] });
  again.socket.close(1000);
});

it('accepts the key as a subprotocol, since a browser’s socket cannot send headers', async () => {
  const key = (text: string) => `bloodstream, bearer.${Buffer.from(text).toString('base64url')}`;
  const open = (protocol: string) =>
    exports.default.fetch('http://edge/v1/users/bea/stream', {
      headers: { upgrade: 'websocket', 'sec-websocket-protocol': protocol },
    });
  const opened = await open(key('test-read'));
  expect(opened.status).toBe(101);
  expect(opened.headers.get('sec-websocket-protocol')).toBe('bloodstream');
  opened.webSocket!.accept();
  opened.webSocket!.close(1000);
  expect((await open(key('guess'))).status).toBe(401);
  expect((await open('bloodstream')).status).toBe(401);
  // Other endpoints do not accept a key as a subprotocol.
  const { status } = await exports.default.fetch('http://edge/v1/users/bea/signals', {
    headers: { 'sec-websocket-protocol': key('test-read') },
  });
  expect(status).toBe(401);
});

it('sends the same notices as server-sent events, missed ones included', async () => {
  const { body, headers } = await ask('/v1/users/carl/stream', { accept: 'text/event-stream' });
  expect(headers.get('content-type')).toBe('text/event-stream');
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader.read()).value).toBe(': connected\n\n');
  await click('carl', '1', 'g1');
  await makeGallery('carl');
  const { value } = await reader.read();
  expect(value).toMatch(/^id: 1\nevent: gallery\.ready\ndata: \{"id":1,.*\}\n\n$/);
  await reader.cancel();

  const later = await ask('/v1/users/carl/stream', { accept: 'text/event-stream', 'last-event-id': '0' });
  const missed = later.body!.pipeThrough(new TextDecoderStream()).getReader();
  await missed.read();
  expect((await missed.read()).value).toBe(value);
  await missed.cancel();
});

it('composes for the requests of a player or of a key that may write, not of one that may only read', async () => {
  // The object has tables now, so it stores what it is to keep.
  await click('uma', '1', 'g1');
  const ofKey = (key: string) => ({ authorization: `Bearer ${key}` });
  const { token } = (await signToken('uma', 60, env, Date.now()))!;
  const keptAfter = async (path: string, platform: string, headers: Record<string, string>) => {
    const answer = await ask(`/v1/users/uma/${path}platform=${platform}&deadlineMs=5000`, headers);
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('"degraded":[')]);
    return runInDurableObject(env.USER_SIGNALS.getByName('uma'), (_, { storage }) =>
      storage.sql
        .exec("select body->>'context'->>'platform' as platform from documents where kind = 'lastRequest'")
        .toArray()
        .map((row) => row.platform),
    );
  };
  const paths = ['gallery?', 'recommendations?', 'search?q=Game&'];
  for (const path of paths) expect(await keptAfter(path, 'abacus', ofKey('test-read')), path).toEqual([]);
  expect(await keptAfter('gallery?', 'windows', ofKey(token))).toEqual(['windows']);
  for (const path of paths) expect(await keptAfter(path, 'abacus', ofKey('test-read')), path).toEqual(['windows']);
  for (const [n, path] of paths.entries())
    expect(await keptAfter(path, `p${n}`, ofKey('test-admin')), path).toEqual([`p${n}`]);
});

it('refuses other requests and too many connections', async () => {
  expect((await ask('/v1/users/dan/stream', {})).status).toBe(406);
  const open = await Promise.all(Array.from({ length: 16 }, () => connect('/v1/users/dan/stream')));
  expect((await ask('/v1/users/dan/stream', { upgrade: 'websocket' })).status).toBe(429);
  for (const { socket } of open) socket.close(1000);
});

it('sends nothing after the end of the token that opened the connection', async () => {
  const leewayMs = 60_000;
  const lifetimeS = 60;
  const open = async (restMs: number, headers: Record<string, string> = {}) => {
    const signed = await signToken('pat', lifetimeS, env, Date.now() - leewayMs - lifetimeS * 1_000 + restMs);
    return { authorization: `Bearer ${signed!.token}`, 'bloodstream-stream-access': LASTING, ...headers };
  };
  const lasting = await connect('/v1/users/me/stream', await open(100_000));
  const ending = await connect('/v1/users/me/stream', await open(3_000));
  await evictDurableObject(env.USER_SIGNALS.getByName('pat'));
  const events = await ask('/v1/users/me/stream', await open(3_000, { accept: 'text/event-stream' }));
  expect(events.status).toBe(200);
  const closed = new Promise<number>((resolve) => ending.socket.addEventListener('close', ({ code }) => resolve(code)));
  const read = events.text();
  passTime(3_100);
  await click('pat', '1', 'g1');
  expect(await makeGallery('pat')).toBe(true);
  await expect.poll(() => lasting.heard).toHaveLength(1);
  expect(await closed).toBe(1008);
  expect(ending.heard).toEqual([]);
  expect(await read).not.toContain('gallery.ready');
  lasting.socket.close(1000);
});

it('ends with the key that opened the connection', async () => {
  const expiresAt = Date.now() + 2_000;
  const created = await exports.default.fetch('http://edge/v1/keys', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer test-admin' },
    body: JSON.stringify({ name: 'game', scopes: ['read'], expiresAt: new Date(expiresAt).toISOString() }),
  });
  const { key } = (await created.json()) as { key: string };
  const ending = await connect('/v1/users/quinn/stream', { authorization: `Bearer ${key}` });
  const lasting = await connect('/v1/users/quinn/stream');
  const closed = new Promise<number>((resolve) => ending.socket.addEventListener('close', ({ code }) => resolve(code)));
  passTime(2_100);
  await click('quinn', '1', 'g1');
  expect(await makeGallery('quinn')).toBe(true);
  await expect.poll(() => lasting.heard).toHaveLength(1);
  expect(await closed).toBe(1008);
  expect(ending.heard).toEqual([]);
  await expect.poll(() => lasting.heard).toHaveLength(1);
  lasting.socket.close(1000);
});

it('ends after an hour with a key that does not expire, and gives way to a new connection', async () => {
  const ended = await Promise.all(Array.from({ length: 16 }, () => connect('/v1/users/rae/stream')));
  expect((await ask('/v1/users/rae/stream', { upgrade: 'websocket' })).status).toBe(429);
  const closed = Promise.all(
    ended.map(
      ({ socket }) => new Promise<number>((resolve) => socket.addEventListener('close', ({ code }) => resolve(code))),
    ),
  );
  passTime(3_600_000);
  const anew = await Promise.all(Array.from({ length: 16 }, () => connect('/v1/users/rae/stream')));
  expect(new Set(await closed)).toEqual(new Set([1008]));
  expect((await ask('/v1/users/rae/stream', { upgrade: 'websocket' })).status).toBe(429);
  for (const { socket } of anew) socket.close(1000);
});

it('ends after an hour however long the token is valid: an idle one may be that of a revoked key', async () => {
  const openedAt = Date.now();
  const ends: number[] = [];
  for (const validMs of [90 * 86_400_000, 60_000])
    await getStream(
      {
        params: { userId: 'epic:sam' },
        caller: makePlayerCaller('epic:sam', { expiresAt: openedAt + validMs }),
      },
      {
        header: (name) => (name === 'upgrade' ? 'websocket' : undefined),
        open: async (_, { endsAt }) => {
          ends.push(endsAt);
          return new Response();
        },
      },
    );
  expect(ends).toEqual([openedAt + 3_600_000, openedAt + 60_000]);
});
