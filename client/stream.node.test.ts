import { afterEach, beforeEach, expect, it, vi } from 'vitest';
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

async function open(after?: number) {
  const notices: number[] = [];
  const check = vi.fn(async () => {});
  const stop = listen({
    addressOf: (last) => `ws://server?after=${last}`,
    readToken: async () => 'tökén?>',
    check,
    onNotice: ({ id }: Notice) => notices.push(id),
    after,
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
