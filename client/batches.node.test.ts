import { expect, it } from 'vitest';
import { EVENTS_BODY_BYTES_MAX, EVENTS_PER_REQUEST_MAX } from '../models/contracts/event.ts';
import { cutBatches, stampEvents } from './batches.ts';
import { narrowOffset } from './server-clock.ts';
import type { KeptEvent } from './store.ts';

const createKept = (id: string, createdAt = 0, more: Partial<KeptEvent['event']> = {}): KeptEvent => ({
  event: { id, userId: 'ann', type: 'like', itemId: 'tetris', ...more },
  createdAt,
});

it('a batch keeps the order of events and has at most as many events and bytes as the Worker takes', () => {
  const short = Array.from({ length: EVENTS_PER_REQUEST_MAX + 1 }, (_, n) => createKept(`e${n}`));
  const long = Array.from({ length: 90 }, (_, n) => createKept(`long${n}`, n, { query: '猫'.repeat(1_000) }));
  expect(cutBatches(short).map((batch) => batch.length)).toEqual([EVENTS_PER_REQUEST_MAX, 1]);
  const batches = cutBatches(long);
  expect(batches.map((batch) => batch.length)).toEqual([63, 27]);
  expect(batches.flat()).toEqual(long);
  for (const batch of batches) {
    const events = stampEvents(batch, 1_800_000_000_000, { minMs: 0, maxMs: 0 });
    expect(Buffer.byteLength(JSON.stringify({ events }))).toBeLessThanOrEqual(EVENTS_BODY_BYTES_MAX);
  }
});

it('the server’s clock is known to within a second after one answer, and closer after more', () => {
  const date = 'Thu, 26 Nov 2026 03:00:10 GMT';
  const served = Date.parse(date);
  // The client is a minute ahead.
  const first = narrowOffset(undefined, date, served + 60_300, served + 60_400)!;
  expect(first).toEqual({ minMs: -60_400, maxMs: -59_300 });
  const second = narrowOffset(first, date, served + 60_900, served + 60_950)!;
  expect(second).toEqual({ minMs: -60_400, maxMs: -59_900 });
  expect(narrowOffset(second, null, 0, 0)).toBe(second);
  // Then its clock was set right.
  expect(narrowOffset(second, date, served + 300, served + 400)).toEqual({ minMs: -400, maxMs: 700 });
});

it('events that waited get the server’s time, in their order, and none from the future', () => {
  const stamp = (createdAts: number[], now: number, offset = { minMs: -1_100, maxMs: -100 }) =>
    stampEvents(
      createdAts.map((createdAt, n) => createKept(`e${n}`, createdAt)),
      now,
      offset,
    ).map(({ timestamp }) => timestamp);
  expect(stamp([10_000, 10_001, 20_000], 90_000)).toEqual([9_400, 9_401, 19_400]);
  // The browser's clock has been set back since.
  expect(stamp([70_000, 80_000, 95_000], 50_000)).toEqual([48_898, 48_899, 48_900]);
  // A clock that may be right: the event came just after one that the server had stamped with its own time, 90,000.
  for (const minMs of [-990, -500, -10])
    expect(stamp([90_010], 90_400, { minMs, maxMs: minMs + 1_000 })).toEqual([90_010]);
  expect(stampEvents([createKept('a')], 50_000, undefined)).toEqual([createKept('a').event]);
});
