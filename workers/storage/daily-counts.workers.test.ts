import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import type { EventType } from '../../models/contracts/event.ts';
import { computeStatistics } from '../../models/features/statistics.ts';
import { makeEvent } from '../../tests/event.ts';
import { readCountryCounts, readDailyCounts } from './daily-counts.ts';
import { insertEvents } from './events.ts';

const TODAY = 20_500;
const DAY_MS = 86_400_000;

type Row = [userId: string, type: EventType, itemId: string, daysAgo: number, country?: string];
const makeLog = (rows: readonly Row[]) =>
  rows.map(([userId, type, itemId, daysAgo, country = 'CH'], index) =>
    makeEvent(userId, type, itemId, (TODAY - daysAgo) * DAY_MS, { id: `e${index}`, country }),
  );

it('counts a like or dismissal, at its own age, unless the same player took it back later', async () => {
  const log = makeLog([
    // Retracted long after: what is left is as old as it was.
    ...(['ann', 'bob'].map((user) => [user, 'like', 'aged', 28]) as Row[]),
    ['bob', 'unlike', 'aged', 0],
    ['ann', 'dismiss', 'shown again', 60],
    ['ann', 'undismiss', 'shown again', 0],
    // Retracted again and again, and by somebody who did not like it.
    ...(['ann', 'bob', 'cid'].map((user) => [user, 'like', 'unliked thrice', 1]) as Row[]),
    ...([0, 0, 0].map((daysAgo) => ['cid', 'unlike', 'unliked thrice', daysAgo]) as Row[]),
    ['dan', 'unlike', 'unliked thrice', 0],
    ['ann', 'like', 'liked again', 3],
    ['ann', 'unlike', 'liked again', 2],
    ['ann', 'like', 'liked again', 1],
    ['ann', 'dismiss', 'dismissed again', 3],
    ['ann', 'undismiss', 'dismissed again', 2],
    ['ann', 'dismiss', 'dismissed again', 1],
    ['ann', 'like', 'at once', 1],
    ['ann', 'unlike', 'at once', 1],
    // One type's retraction leaves the others.
    ['ann', 'wishlist', 'wished for', 1],
    ['ann', 'like', 'wished for', 1],
    ['ann', 'unlike', 'wished for', 0],
    ['ann', 'undismiss', 'wished for', 0],
    // Another country's retraction is the same player's.
    ['ann', 'like', 'abroad', 1, 'CH'],
    ['ann', 'unlike', 'abroad', 0, 'FR'],
  ]);
  await insertEvents(env.DB, log);
  const counts = await readDailyCounts(env.DB, 0);
  const described = counts.map(({ itemId, type, day, count }) => `${count} ${type} of ${itemId}, ${TODAY - day}d`);
  const kept = [
    '1 like of aged, 28d',
    '2 like of unliked thrice, 1d',
    '1 like of liked again, 1d',
    '1 dismiss of dismissed again, 1d',
    '1 wishlist of wished for, 1d',
  ];
  expect(described.toSorted()).toEqual(kept.toSorted());
  const inCountries = await readCountryCounts(env.DB, 0);
  expect(inCountries.map(({ country, itemId }) => `${country} ${itemId}`).toSorted()).toEqual(
    counts.map(({ itemId }) => `CH ${itemId}`).toSorted(),
  );

  const { popular } = computeStatistics(counts, [], TODAY, '2026-01-01T00:00:00Z');
  expect(popular.map(([itemId]) => itemId)).toEqual(['unliked thrice', 'liked again', 'wished for', 'aged']);
  expect(popular.at(-1)![1]).toBeCloseTo(0.25, 9);
});
