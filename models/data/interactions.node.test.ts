import { expect, test } from 'vitest';
import { InteractionLog } from '../../tests/interaction-log.ts';
import type { EventType } from '../contracts/event.ts';
import { weighEvent } from '../features/weights.ts';
import { InteractionCollector } from './interaction-collector.ts';
import { countInteractions } from './interactions.ts';

type Row = [userId: string, itemId: string | null, type: EventType, value: number | null, timestamp: number];
const ROWS: Row[] = [
  ['zoe', 'b', 'play', 60, 50],
  ['adam', 'b', 'like', null, 20],
  ['zoe', 'a', 'purchase', null, 10],
  ['zoe', 'b', 'play', 600, 40],
  ['zoe', 'c', 'click', null, 5],
  ['zoe', 'c', 'impression', null, 6],
  ['zoe', null, 'search', null, 7],
  ['zoe', 'c', 'rate', 1, 8],
  ['zoe', 'd', 'rate', 5, 45],
  ['adam', 'a', 'dismiss', null, 21],
  ['adam', 'd', 'wishlist', null, 20],
  // An unlike after the like, and one before it.
  ['zoe', 'e', 'unlike', null, 62],
  ['zoe', 'e', 'like', null, 61],
  ['adam', 'b', 'unlike', null, 19],
  // Nothing is left of this player.
  ['mia', 'a', 'like', null, 30],
  ['mia', 'a', 'unlike', null, 31],
  // Given back and bought again, wished for no more; a refund takes back no play.
  ['kim', 'a', 'refund', null, 12],
  ['kim', 'a', 'purchase', null, 10],
  ['kim', 'a', 'purchase', null, 14],
  ['kim', 'b', 'unwishlist', null, 16],
  ['kim', 'b', 'wishlist', null, 15],
  ['kim', 'c', 'play', 60, 17],
  ['kim', 'c', 'refund', null, 18],
  // All before the last reset is forgotten, purchases too: they teach no taste.
  ['lea', 'd', 'purchase', null, 20],
  ['lea', null, 'reset', null, 22],
  ['lea', 'e', 'like', null, 22],
  ['lea', null, 'reset', null, 21],
  ['lea', 'b', 'like', null, 23],
];

test('each player’s distinct items are in the order of their first interaction, whatever the order of the log', () => {
  const log = new InteractionLog();
  for (const [userId, itemId, type, value, timestamp] of ROWS) log.add({ userId, itemId, type, value, timestamp });
  const all = log.collect();
  expect(all.userIds).toEqual(['adam', 'kim', 'lea', 'zoe']);
  expect(all.itemIds).toEqual(['a', 'b', 'c', 'd', 'e']);
  const read = (user: number) =>
    Array.from({ length: all.ends[user]! - all.starts[user]! }, (_, n) => {
      const row = all.starts[user]! + n;
      return [all.itemIds[all.items[row]!], all.timestamps[row], all.weights[row]];
    });
  expect(read(0)).toEqual([
    ['b', 20, 1],
    ['d', 20, Math.fround(0.7)],
  ]);
  expect(read(1)).toEqual([
    ['a', 14, 1],
    ['c', 17, Math.fround(weighEvent({ type: 'play', value: 60 }))],
  ]);
  expect(read(2)).toEqual([['b', 23, 1]]);
  expect(read(3)).toEqual([
    ['a', 10, 1],
    ['b', 40, Math.fround(weighEvent({ type: 'play', value: 600 }))],
    ['d', 45, 1],
  ]);
  expect(countInteractions(all)).toBe(8);
});

test('events of a player out of order are refused', () => {
  const late = new InteractionCollector(2);
  late.add({ userId: 'ann', itemId: null, type: 'reset', value: null, timestamp: 2 });
  expect(() => late.add({ userId: 'ann', itemId: 'a', type: 'like', value: null, timestamp: 1 })).toThrow(
    'the events of ann are not in the order of time',
  );
});

test('a long log loses nothing, and an empty one is empty', () => {
  const log = new InteractionLog();
  expect(log.collect()).toMatchObject({ userIds: [], itemIds: [] });
  for (let n = 0; n < 5000; n++)
    log.add({ userId: `u${n % 7}`, itemId: `g${n % 1000}`, type: 'like', value: null, timestamp: 5000 - n });
  const all = log.collect();
  expect(countInteractions(all)).toBe(5000);
  for (let user = 0; user < all.userIds.length; user++)
    for (let row = all.starts[user]! + 1; row < all.ends[user]!; row++)
      expect(all.timestamps[row]).toBeGreaterThan(all.timestamps[row - 1]!);
});
