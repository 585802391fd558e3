import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ClockOffset } from './server-clock.ts';
import { listen } from './stream.ts';
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

async function open(after?: number, offset?: ClockOffset) {
  const notices: number[] = [];
  const check = vi.fn(async () => {});
  const stop = listen({
    addressOf: (last) => `ws://server?after=${last}`,
    readToken: async () => 'tökén?>',
    check,
    onNotice: ({ id }: Notice) => notices.push(id),
    after,
    now: Date.now,
    learnClockOffset: async () => offset,
  });
  await vi.advanceTimersByTimeAsync(0);
  return { notices, check, stop };
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
