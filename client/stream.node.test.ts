import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createOwnProblem, Problem } from './problem.ts';
import type { ClockOffset } from './server-clock.ts';
import { listen, type StreamOptions } from './stream.ts';
import type { Notice } from './types.ts';

class FakeSocket extends EventTarget {
  readonly address: string;
  readonly protocols: string[];
  readonly sent: string[] = [];
  isClosed = false;

  constructor(address: string, protocols: string[]) {
    super();
    this.address = address;
    this.protocols = protocols;
    sockets.push(this);
  }
  send(text: string) {
    this.sent.push(text);
  }
  close() {
    if (this.isClosed) return;
    this.isClosed = true;
    this.dispatchEvent(new Event('close'));
  }
  endWith(code: number) {
    this.isClosed = true;
    this.dispatchEvent(Object.assign(new Event('close'), { code }));
  }
  open() {
    this.dispatchEvent(new Event('open'));
  }
  receive(data: string) {
    this.dispatchEvent(new MessageEvent('message', { data }));
  }
}
let sockets: FakeSocket[];

beforeEach(() => {
  sockets = [];
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', FakeSocket);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function open(after?: number, offset?: ClockOffset, more: Partial<StreamOptions> = {}) {
  const notices: number[] = [];
  const check = vi.fn(async () => {});
  const onRefused = vi.fn();
  const stop = listen({
    addressOf: (last) => `ws://server?after=${last}`,
    readToken: async () => 'tökén?>',
    check,
    onNotice: ({ id }: Notice) => notices.push(id),
    after,
    now: Date.now,
    onRefused,
    learnClockOffset: async () => offset,
    ...more,
  });
  await vi.advanceTimersByTimeAsync(0);
  return { notices, check, onRefused, stop };
}

it('comes back after a cut with the id of the last notice, and not after it was stopped', async () => {
  const { notices, check, stop } = await open(4);
  expect(sockets.map(({ address }) => address)).toEqual(['ws://server?after=4']);
  const [name, bearer] = sockets[0]!.protocols;
  expect(name).toBe('bloodstream');
  expect(Buffer.from(bearer!.slice('bearer.'.length), 'base64url').toString()).toBe('tökén?>');
  expect(bearer).toMatch(/^bearer\.[\w-]+$/);
  sockets[0]!.open();
  sockets[0]!.receive('{"id":7}');
  sockets[0]!.close();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(sockets.map(({ address }) => address)).toEqual(['ws://server?after=4', 'ws://server?after=7']);
  sockets[1]!.open();
  stop();
  await vi.advanceTimersByTimeAsync(120_000);
  expect([sockets.length, sockets[1]!.isClosed, notices]).toEqual([2, true, [7]]);
  expect(check).not.toHaveBeenCalled();
});

it('a connection that cannot be opened has the token checked each time, ever less often', async () => {
  const { check, stop } = await open();
  for (let waitedMs = 0; waitedMs < 10 * 60_000; waitedMs += 100) {
    sockets.at(-1)!.close();
    await vi.advanceTimersByTimeAsync(100);
  }
  // Waits of 1, 2, 4, … 30 s, each shorter by up to a half at random.
  expect(sockets.length).toBeGreaterThanOrEqual(20);
  expect(sockets.length).toBeLessThanOrEqual(50);
  expect(Math.abs(check.mock.calls.length - sockets.length)).toBeLessThanOrEqual(1);
  stop();
});

it('gives up a connection that neither opens nor fails', async () => {
  const { check, stop } = await open();
  await vi.advanceTimersByTimeAsync(35_000);
  expect([sockets.length, sockets[0]!.isClosed, check.mock.calls.length]).toEqual([2, true, 1]);
  stop();
});

it('has the token renewed after the server has ended a connection with the token', async () => {
  let token = 'old';
  const check = vi.fn(async () => {
    token = 'new';
  });
  const { stop } = await open(4, undefined, { check, readToken: async () => token });
  sockets[0]!.open();
  sockets[0]!.endWith(1008);
  await vi.advanceTimersByTimeAsync(1_000);
  const bearers = sockets.map(({ protocols }) => Buffer.from(protocols[1]!.slice('bearer.'.length), 'base64url'));
  expect([bearers.map(String), check.mock.calls.length]).toEqual([['old', 'new'], 1]);
  sockets[1]!.open();
  // The server cannot check the key at the moment: the token may be good.
  sockets[1]!.endWith(1013);
  await vi.advanceTimersByTimeAsync(1_000);
  expect([sockets.length, check.mock.calls.length]).toEqual([3, 1]);
  stop();
});

const refused = new Problem({ type: '/docs#problem-unauthorized', title: 'Unauthorized', status: 401 });

it.each<[string, (check: () => Promise<never>) => Promise<Awaited<ReturnType<typeof open>>>]>([
  [
    'that the server has ended',
    async (check) => {
      const opened = await open(4, undefined, { check });
      sockets[0]!.open();
      sockets[0]!.endWith(1008);
      return opened;
    },
  ],
  [
    'that could not be opened',
    async (check) => {
      const opened = await open(4, undefined, { check });
      sockets[0]!.close();
      return opened;
    },
  ],
  ['without a token', (check) => open(4, undefined, { check, readToken: async () => undefined })],
])('stops with the problem once there is no other token, after a connection %s', async (_, begin) => {
  const { onRefused } = await begin(() => Promise.reject(refused));
  const before = sockets.length;
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  expect([onRefused.mock.calls, sockets.length]).toEqual([[[refused]], before]);
});

it.each([
  ['the server fails', new Problem({ type: 'about:blank', title: 'Unavailable', status: 503 })],
  ['there is no network', createOwnProblem('network', 'You are offline.')],
])('goes on while %s', async (_, problem) => {
  const { onRefused, stop } = await open(4, undefined, { check: () => Promise.reject(problem) });
  sockets[0]!.open();
  sockets[0]!.endWith(1008);
  await vi.advanceTimersByTimeAsync(1_000);
  expect([onRefused.mock.calls.length, sockets.length]).toEqual([0, 2]);
  stop();
});

it('a connection that has died in silence is opened anew; one that answers pings stays', async () => {
  const { notices, stop } = await open();
  sockets[0]!.open();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(sockets[0]!.sent).toEqual(['ping']);
  sockets[0]!.receive('pong');
  await vi.advanceTimersByTimeAsync(30_000);
  expect([sockets[0]!.sent, sockets[0]!.isClosed]).toEqual([['ping', 'ping'], false]);
  await vi.advanceTimersByTimeAsync(31_000);
  expect(sockets).toHaveLength(2);
  expect(notices).toEqual([]);
  stop();
});

it.each([3_600_000, undefined])(
  'cut off before any notice, it gets those since its start (offset %s)',
  async (offsetMs) => {
    const offset = offsetMs === undefined ? undefined : { minMs: offsetMs, maxMs: offsetMs + 1_000 };
    const at = (ms: number) => new Date(Date.now() + (offsetMs ?? 0) + ms).toISOString();
    const before = at(-60_000);
    const { notices, stop } = await open(undefined, offset);
    expect(sockets[0]!.address).toBe('ws://server?after=undefined');
    sockets[0]!.open();
    await vi.advanceTimersByTimeAsync(10_000);
    sockets[0]!.close();
    const missed = at(0);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sockets[1]!.address).toBe('ws://server?after=0');
    sockets[1]!.open();
    sockets[1]!.receive(JSON.stringify({ id: 1, generatedAt: before }));
    sockets[1]!.receive(JSON.stringify({ id: 2, generatedAt: missed }));
    // With the server's time unknown, one too many is better than one too few.
    expect(notices).toEqual(offset === undefined ? [1, 2] : [2]);
    sockets[1]!.close();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(sockets[2]!.address).toBe('ws://server?after=2');
    stop();
  },
);
