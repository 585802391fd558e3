import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type ClientOptions, createClient } from './client.ts';
import { type Answer, createFakeServer, refuse, type SentRequest } from './fake-server.ts';
import type { LostEvent } from './kept-events.ts';
import { openQueue } from './queue.ts';
import type { ClockOffset } from './server-clock.ts';
import type { EventStore, KeptEvent } from './store.ts';

const NOW = Date.UTC(2026, 10, 26, 12);

beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => void vi.useRealTimers());

/** Keeps what a browser would find when it opens the game again. */
function createStore(kept: KeptEvent[] = []): EventStore & { kept: Map<string, KeptEvent> } {
  const events = new Map(kept.map((one) => [one.event.id, one]));
  return {
    kept: events,
    read: async () => [...events.values()],
    async put(added) {
      for (const one of added) events.set(one.event.id, one);
    },
    async remove(ids) {
      for (const id of ids) events.delete(id);
    },
  };
}

const keep = (id: string, userId: string, createdAt: number): KeptEvent => ({
  event: { id, userId, ...like(id) },
  createdAt,
});

function open(answer?: (request: SentRequest) => Answer, options: Partial<ClientOptions> = {}) {
  const server = createFakeServer(answer);
  const store = createStore();
  const lost: LostEvent[] = [];
  const client = createClient({
    url: 'http://server',
    userId: 'ann',
    getToken: () => 'token',
    fetch: server.fetch,
    store,
    onLost: (events) => lost.push(...events),
    ...options,
  });
  const listSent = () => server.requests.map(({ events }) => events.map(({ itemId }) => itemId));
  return { client, requests: server.requests, listSent, store, lost };
}
const like = (itemId: string) => ({ type: 'like' as const, itemId });
const NO_NETWORK = new TypeError('failed to fetch');

it('events of one second leave in one request, kept until the server has answered', async () => {
  const { client, requests, listSent, store } = open();
  const id = client.recordEvent(like('a'));
  await vi.advanceTimersByTimeAsync(600);
  client.recordEvent(like('b'));
  expect([...store.kept.keys()][0]).toBe(id);
  expect(store.kept.size).toBe(2);
  await vi.advanceTimersByTimeAsync(399);
  expect(requests).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(listSent()).toEqual([['a', 'b']]);
  expect(requests[0]).toMatchObject({ path: '/v1/events', token: 'token', keepalive: true });
  expect(requests[0]!.events[0]).toMatchObject({ id, userId: 'ann', type: 'like' });
  expect(store.kept.size).toBe(0);
});

it('a store that does not answer holds up no event; what it had leaves when it answers', async () => {
  const old = keep('old', 'ann', NOW - 60_000);
  let answer = (_: KeptEvent[]) => {};
  const read = () =>
    new Promise<KeptEvent[]>((resolve) => {
      answer = resolve;
    });
  const { client, listSent } = open(undefined, { store: { ...createStore(), read } });
  client.recordEvent(like('new'));
  await vi.advanceTimersByTimeAsync(5_000);
  expect(listSent()).toEqual([['new']]);
  answer([old]);
  await vi.advanceTimersByTimeAsync(0);
  expect(listSent().flat()).toEqual(['new', 'old']);
});

it('a hundred events leave at once', async () => {
  const { client, listSent } = open();
  for (let n = 0; n < 100; n++) client.recordEvent(like(`g${n}`));
  await vi.advanceTimersByTimeAsync(0);
  expect(listSent().map(({ length }) => length)).toEqual([100]);
});

it('offline, events wait and are sent again with the same ids and their own time, ever less often', async () => {
  let isOnline = false;
  const date = () => new Date(Date.now()).toUTCString();
  const { client, requests, store } = open(({ events }) => {
    if (!isOnline) return NO_NETWORK;
    return Response.json(
      { results: events.map(({ id }) => ({ id, status: 'accepted' })) },
      { headers: { date: date() } },
    );
  });
  const id = client.recordEvent(like('a'));
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  const events = () => requests.filter(({ path }) => path === '/v1/events');
  // Waits of 1, 2, 4, … 60 s, each shorter by up to a half at random.
  expect(events().length).toBeGreaterThanOrEqual(13);
  expect(events().length).toBeLessThanOrEqual(28);
  expect(store.kept.size).toBe(1);
  isOnline = true;
  await vi.advanceTimersByTimeAsync(60_000);
  const sent = events().at(-1)!.events;
  expect(sent).toMatchObject([{ id, itemId: 'a' }]);
  expect(Math.abs(sent[0]!.timestamp! - NOW)).toBeLessThanOrEqual(1_000);
  expect(store.kept.size).toBe(0);
});

it('what an earlier visit left is sent at the start: this player’s alone, by the clock of the server', async () => {
  const HOUR_MS = 3_600_000;
  const store = createStore([
    keep('later', 'ann', NOW - 10_000),
    keep('foreign', 'bob', NOW - 15_000),
    keep('early', 'ann', NOW - 20_000),
  ]);
  // The device is an hour ahead of the server.
  const headers = { date: new Date(NOW - HOUR_MS).toUTCString() };
  const { requests } = open(() => Response.json({ results: [] }, { headers }), { store });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(requests.map(({ path }) => path)).toEqual(['/health', '/v1/events']);
  const { events } = requests[1]!;
  expect(events.map(({ id }) => id)).toEqual(['early', 'later']);
  for (const [n, ageMs] of [20_000, 10_000].entries())
    expect(Math.abs(events[n]!.timestamp! - (NOW - HOUR_MS - ageMs))).toBeLessThanOrEqual(1_000);
  expect([...store.kept.keys()]).toEqual(['foreign']);
});

it('a busy server is asked no sooner than it wants', async () => {
  const { client, requests } = open(() => (requests.length < 2 ? refuse(503, { 'retry-after': '90' }) : undefined));
  client.recordEvent(like('a'));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(requests).toHaveLength(1);
  client.recordEvent(like('b'));
  await vi.advanceTimersByTimeAsync(89_000);
  expect(requests).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(2_000);
  const [, second] = requests.filter(({ path }) => path === '/v1/events');
  expect(second!.events.map(({ itemId }) => itemId)).toEqual(['a', 'b']);
});

it('what the server rejects, or would never take, is reported and not sent again', async () => {
  const { client, requests, store, lost } = open(({ events }) => {
    if (events[0]!.itemId === 'malformed') return refuse(400);
    const results = events.map(({ id, itemId }) =>
      itemId === 'bad' ? { id, status: 'rejected', reason: 'value: is required' } : { id, status: 'accepted' },
    );
    return Response.json({ results });
  });
  client.recordEvent(like('bad'));
  client.recordEvent(like('good'));
  await client.flush();
  client.recordEvent(like('malformed'));
  await client.flush();
  expect(lost.map(({ event, reason }) => [event.itemId, reason])).toEqual([
    ['bad', 'value: is required'],
    ['malformed', 'Refused with 400'],
  ]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect([requests.length, store.kept.size]).toEqual([2, 0]);
});

it.each([403, 404, 405, 409, 410, 451])(
  'a refusal with %i, which is not about the events, loses none',
  async (refused) => {
    let status = refused;
    const { client, requests, store, lost } = open(() => (status === refused ? refuse(status) : undefined));
    for (let n = 0; n < 101; n++) client.recordEvent(like(`g${n}`));
    await expect(client.flush()).rejects.toMatchObject({ status });
    expect([requests.length, store.kept.size, lost]).toEqual([1, 101, []]);
    status = 202;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(store.kept.size).toBe(0);
  },
);

it('with 1,000 events waiting, a new one takes the room of the oldest impression', async () => {
  const { client, store, lost } = open(() => NO_NETWORK);
  client.recordEvent(like('first'));
  client.recordEvent({ type: 'impression', itemId: 'seen' });
  for (let n = 0; n < 998; n++) client.recordEvent(like(`g${n}`));
  expect(lost).toEqual([]);
  client.recordEvent(like('last'));
  client.recordEvent(like('very last'));
  expect(lost.map(({ event }) => event.itemId)).toEqual(['seen', 'first']);
  expect(store.kept.size).toBe(1_000);
});

it('a press for a gallery takes along what waits, and is kept if it fails', async () => {
  const gallery = { recommendationId: 'r1', rows: [] };
  const { client, requests, listSent, store } = open(({ events }) =>
    requests.length === 1
      ? NO_NETWORK
      : Response.json({ results: events.map(({ id }) => ({ id, status: 'accepted' })), gallery }),
  );
  client.recordEvent({ type: 'impression', itemId: 'seen' });
  await expect(client.recordForGallery([like('a')], { expand: 'item' })).rejects.toMatchObject({ type: 'network' });
  expect(store.kept.size).toBe(2);
  expect(await client.recordForGallery([like('b')], { expand: 'item' })).toEqual(gallery);
  expect(listSent()).toEqual([
    ['seen', 'a'],
    ['seen', 'a', 'b'],
  ]);
  expect(requests.map(({ path }) => path)).toEqual(Array(2).fill('/v1/users/ann/gallery?expand=item'));
  expect(store.kept.size).toBe(0);
});

it('a press sends more than a hundred waiting events one request after the other, and its own last', async () => {
  const gallery = { recommendationId: 'r1', rows: [] };
  const { promise: answer, resolve } = Promise.withResolvers<void>();
  const server = createFakeServer(({ events }) =>
    Response.json({ results: events.map(({ id }) => ({ id, status: 'accepted' })), gallery }),
  );
  const slow: typeof fetch = async (input, init) => {
    const response = await server.fetch(input, init);
    if (server.requests.length === 1) await answer;
    return response;
  };
  const { client, store } = open(undefined, { fetch: slow });
  const press = client.recordForGallery([...Array.from({ length: 260 }, (_, n) => like(`g${n}`)), like('last')]);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(server.requests).toHaveLength(1);
  resolve();
  expect(await press).toEqual(gallery);
  expect(server.requests.map(({ path, events }) => [path, events.length])).toEqual([
    ['/v1/events', 100],
    ['/v1/events', 100],
    ['/v1/users/ann/gallery', 61],
  ]);
  expect(server.requests.at(-1)!.events.at(-1)).toMatchObject({ itemId: 'last' });
  expect(store.kept.size).toBe(0);
});

it('a page that closes sends no more than there is room for, and what is old only with the server’s time known', () => {
  const sent: string[][] = [];
  let offset: ClockOffset | undefined;
  let room = 60 * 1024;
  const queue = openQueue({
    userId: 'ann',
    store: createStore(),
    send: (events) => {
      sent.push(events.map(({ itemId }) => itemId!));
      return new Promise(() => {});
    },
    getClockOffset: () => offset,
    learnClockOffset: async () => offset,
    getKeepaliveRoom: () => room,
  });
  queue.add(like('old'));
  vi.setSystemTime(NOW + 60_000);
  queue.add(like('a'));
  queue.sendLast();
  offset = { minMs: 0, maxMs: 0 };
  queue.add(like('b'));
  // Enough for one event, not for two.
  room = 200;
  queue.sendLast();
  room = 60 * 1024;
  queue.sendLast();
  expect(sent).toEqual([['a'], ['old'], ['b']]);
  queue.stop();
});

it('a press without events, and with none waiting, reads the gallery', async () => {
  const gallery = { recommendationId: 'r1', rows: [] };
  const { client, requests } = open(() => Response.json(gallery));
  expect(await client.recordForGallery([], { n: 3 })).toEqual(gallery);
  expect(requests).toMatchObject([{ path: '/v1/users/ann/gallery?n=3', method: 'GET' }]);
});

it('a press while the server’s time is asked leaves out yesterday’s events, which get their own time', async () => {
  const DAY_MS = 86_400_000;
  const store = createStore([keep('yesterday', 'ann', NOW - DAY_MS)]);
  const headers = { date: new Date(NOW).toUTCString() };
  const { promise: health, resolve } = Promise.withResolvers<Response>();
  const server = createFakeServer(() => Response.json({ results: [], gallery: {} }));
  const slow: typeof fetch = (input, init) => (String(input).endsWith('/health') ? health : server.fetch(input, init));
  const { client } = open(undefined, { store, fetch: slow });
  await vi.advanceTimersByTimeAsync(0);
  await client.recordForGallery([like('today')]);
  resolve(Response.json({}, { headers }));
  await client.flush();
  expect(server.requests.map(({ events }) => events.map(({ itemId }) => itemId))).toEqual([['today'], ['yesterday']]);
  expect(Math.abs(server.requests[1]!.events[0]!.timestamp! - (NOW - DAY_MS))).toBeLessThanOrEqual(1_000);
});

it('a merge first sends the guest’s events that wait, with the guest’s token and their own time', async () => {
  const token = `e30.${btoa(JSON.stringify({ sub: 'guest:1' })).replaceAll('=', '')}.c2lnbmVk`;
  const store = createStore([keep('guest’s', 'guest:1', NOW - 60_000), keep('foreign', 'guest:2', NOW - 60_000)]);
  const headers = { date: new Date(NOW).toUTCString() };
  let isOnline = false;
  const { client, requests } = open(
    ({ path }) => {
      if (!isOnline) return NO_NETWORK;
      return Response.json(path.endsWith('/merge') ? { merged: 'guest:1' } : { results: [] }, { headers });
    },
    { store },
  );
  await expect(client.mergeGuest(token)).rejects.toMatchObject({ type: 'network' });
  expect(requests.filter(({ path }) => path.endsWith('/merge'))).toEqual([]);
  expect(store.kept.size).toBe(2);
  isOnline = true;
  requests.length = 0;
  await client.mergeGuest(token);
  expect(requests.map((one) => [one.path, one.token, one.events.map(({ id }) => id)])).toEqual([
    ['/health', undefined, []],
    ['/v1/events', token, ['guest’s']],
    ['/v1/users/ann/merge', 'token', []],
  ]);
  expect(Math.abs(requests[1]!.events[0]!.timestamp! - (NOW - 60_000))).toBeLessThanOrEqual(1_000);
  expect([...store.kept.keys()]).toEqual(['foreign']);
});

it('a merge with a token that is none, or that has ended, is answered by the server', async () => {
  const ended = `e30.${btoa(JSON.stringify({ sub: 'guest:1' }))}.c2lnbmVk`;
  const store = createStore([keep('guest’s', 'guest:1', NOW - 1_000)]);
  const { client } = open(({ path }) => refuse(path.endsWith('/merge') ? 400 : 401), { store });
  for (const token of ['none', ended]) await expect(client.mergeGuest(token)).rejects.toMatchObject({ status: 400 });
  expect(store.kept.size).toBe(1);
});

it('a store that fails is no reason not to send', async () => {
  const fail = async () => {
    throw new Error('the disk is full');
  };
  const { client, listSent } = open(undefined, { store: { read: fail, put: fail, remove: fail } });
  client.recordEvent(like('a'));
  await client.close();
  expect(listSent()).toEqual([['a']]);
});

it('the context of the client is in each event and each query', async () => {
  const { client, requests } = open(undefined, { context: { platform: 'linux', country: 'BR' } });
  client.recordEvent(like('a'));
  await client.flush();
  await client.getGallery({ n: 3, country: 'CH' });
  expect(requests[0]!.events[0]!.context).toEqual({ platform: 'linux', country: 'BR' });
  expect(requests[1]!.path).toBe('/v1/users/ann/gallery?platform=linux&country=CH&n=3');
});
