// Events that the page could not send: what the browser's storage keeps of them, and how the page lists them.

import { afterEach, expect, it, vi } from 'vitest';
import { updateLog } from '../web/player/event-log.ts';
import { forgetUnsent, groupByPlayer, isKept, keepUnsent, readUnsent, type UnsentEvent } from '../web/player/unsent.ts';

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

it('requests hold events of one player each', () => {
  const mixed = ['ann', 'bob', 'ann'].map((userId, n) => createUnsent(`e${n}`, userId, n));
  expect(groupByPlayer(mixed).map((own) => own.map(({ event }) => event.id))).toEqual([['e0', 'e2'], ['e1']]);
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
