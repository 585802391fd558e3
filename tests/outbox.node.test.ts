// Events that the page could not send: what the browser's storage keeps of them, and the requests made of them later.

import { afterEach, expect, it, vi } from 'vitest';
import { cutBatches, stampEvents } from '../web/batches.ts';
import { updateLog } from '../web/event-log.ts';
import { narrowOffset } from '../web/server-clock.ts';
import { forgetUnsent, isKept, keepUnsent, readUnsent, type UnsentEvent } from '../web/unsent.ts';

/** Its values are its own properties, like those of a browser's storage. */
class MemoryStorage {
  [key: string]: unknown;
  getItem(key: string) {
    return Object.hasOwn(this, key) ? this[key] : null;
  }
  setItem(key: string, value: string) {
    this[key] = value;
  }
  removeItem(key: string) {
    delete this[key];
  }
}
afterEach(() => void vi.unstubAllGlobals());

const createUnsent = (id: string, userId = 'ann', createdAt = 0, more: Partial<UnsentEvent['event']> = {}) => ({
  event: { id, userId, type: 'like' as const, itemId: 'tetris', ...more },
  createdAt,
  text: `Liked ${id}`,
});

it('unsent events come back oldest first; entries that cannot be read are dropped', () => {
  const storage = new MemoryStorage();
  vi.stubGlobal('localStorage', storage);
  keepUnsent(createUnsent('second', 'ann', 2));
  keepUnsent(createUnsent('first', 'bob', 1));
  storage.setItem('bloodstream-unsent:cut', '{"event":{"id"');
  storage.setItem('bloodstream-unsent:null', 'null');
  storage.setItem('bloodstream-unsent:other', '{"event":{"id":"other"}}');
  storage.setItem('something else', '{');
  expect(readUnsent().map(({ event }) => event.id)).toEqual(['first', 'second']);
  expect(Object.keys(storage)).toEqual(['bloodstream-unsent:second', 'bloodstream-unsent:first', 'something else']);
  forgetUnsent(['first']);
  expect([isKept('first'), isKept('second')]).toEqual([false, true]);
});

it('a player with too many unsent events leaves room for the others', () => {
  vi.stubGlobal('localStorage', new MemoryStorage());
  for (let n = 0; n < 101; n++) keepUnsent(createUnsent(`ann-${n}`, 'ann', n));
  keepUnsent(createUnsent('bob', 'bob'));
  expect([isKept('ann-99'), isKept('ann-100'), isKept('bob')]).toEqual([true, false, true]);
});

it('a forbidden storage keeps nothing, and nothing throws', () => {
  const forbid = () => {
    throw new DOMException('denied', 'SecurityError');
  };
  vi.stubGlobal('localStorage', new Proxy({}, { get: forbid, ownKeys: forbid }));
  keepUnsent(createUnsent('a'));
  expect([readUnsent(), isKept('a')]).toEqual([[], false]);
  forgetUnsent(['a']);
});

it('a batch holds events of one player, at most 100, and at most the body that the Worker takes', () => {
  const mixed = Array.from({ length: 150 }, (_, n) => createUnsent(`e${n}`, n % 3 === 0 ? 'bob' : 'ann', n));
  const long = Array.from({ length: 90 }, (_, n) => createUnsent(`long${n}`, 'cem', n, { query: '猫'.repeat(1_000) }));
  const batches = cutBatches([...mixed, ...long]);
  expect(batches.map((batch) => [batch[0]!.event.userId, batch.length])).toEqual([
    ['bob', 50],
    ['ann', 100],
    ['cem', 63],
    ['cem', 27],
  ]);
  for (const batch of batches) {
    expect(new Set(batch.map(({ event }) => event.userId)).size).toBe(1);
    expect(batch.map(({ createdAt }) => createdAt)).toEqual(
      batch.map(({ createdAt }) => createdAt).sort((a, b) => a - b),
    );
    const events = stampEvents(batch, 1_800_000_000_000, { minMs: 0, maxMs: 0 });
    expect(Buffer.byteLength(JSON.stringify({ events }))).toBeLessThanOrEqual(192 * 1024);
  }
  const full = cutBatches(Array.from({ length: 101 }, (_, n) => createUnsent(`f${n}`)));
  expect(full.map((batch) => batch.length)).toEqual([100, 1]);
});

it('the server’s clock is known to within a second after one answer, and closer after more', () => {
  const date = 'Thu, 26 Nov 2026 03:00:10 GMT';
  const served = Date.parse(date);
  // The browser is a minute ahead.
  const first = narrowOffset(undefined, date, served + 60_300, served + 60_400)!;
  expect(first).toEqual({ minMs: -60_400, maxMs: -59_300 });
  const second = narrowOffset(first, date, served + 60_900, served + 60_950)!;
  expect(second).toEqual({ minMs: -60_400, maxMs: -59_900 });
  expect(narrowOffset(second, null, 0, 0)).toBe(second);
  // Then its clock was set right.
  expect(narrowOffset(second, date, served + 300, served + 400)).toEqual({ minMs: -400, maxMs: 700 });
});

it('events that waited get the server’s time, in their order, and none from the future', () => {
  const stamp = (createdAts: number[], now: number, offset = { minMs: -1_000, maxMs: 0 }) =>
    stampEvents(
      createdAts.map((createdAt, n) => createUnsent(`e${n}`, 'ann', createdAt)),
      now,
      offset,
    ).map(({ timestamp }) => timestamp);
  expect(stamp([10_000, 10_001, 20_000], 90_000)).toEqual([9_500, 9_501, 19_500]);
  // The browser's clock has been set back since.
  expect(stamp([70_000, 80_000, 95_000], 50_000)).toEqual([48_998, 48_999, 49_000]);
  expect(stampEvents([createUnsent('a')], 50_000, undefined)).toEqual([createUnsent('a').event]);
});

it('the list of sent events has the newest first, and an event that is sent again keeps its position', () => {
  const say = (outcome: string) => () => ({ outcome });
  const two = updateLog([], [createUnsent('a'), createUnsent('b')], say('sending …'));
  const three = updateLog(two, [createUnsent('c')], say('sending …'));
  expect(updateLog(three, [createUnsent('b')], say('accepted')).map(({ id, outcome }) => [id, outcome])).toEqual([
    ['c', 'sending …'],
    ['b', 'accepted'],
    ['a', 'sending …'],
  ]);
  const many = Array.from({ length: 40 }, (_, n) => createUnsent(`n${n}`));
  expect(updateLog(three, many, say('accepted')).map(({ id }) => id)).toEqual(
    many
      .slice(10)
      .map(({ event }) => event.id)
      .reverse(),
  );
});
