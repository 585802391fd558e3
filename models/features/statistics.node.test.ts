import { expect, it } from 'vitest';
import type { EventType } from '../contracts/event.ts';
import type { DailyCount } from '../contracts/statistics.ts';
import { computeStatistics } from './statistics.ts';
import { weighEvent } from './weights.ts';

const TODAY = 20_000;
/** `number` events, all of the value `value`. */
const count = (itemId: string, type: EventType, daysAgo: number, number: number, value = 0): DailyCount => ({
  itemId,
  type,
  day: TODAY - daysAgo,
  count: number,
  valueSum: number * value,
  weightSum: number * weighEvent({ type, value }),
});

it('halves an event’s weight in popularity every 14 days', () => {
  const { popular } = computeStatistics(
    [count('fresh', 'purchase', 0, 10), count('old', 'purchase', 14, 10), count('older', 'purchase', 28, 10)],
    [],
    TODAY,
    '2026-01-01T00:00:00Z',
  );
  expect(popular).toEqual([
    ['fresh', 10],
    ['old', 5],
    ['older', 2.5],
  ]);
});

it('lists items as trending that exceed their own past, not those that are always popular', () => {
  const steady = Array.from({ length: 28 }, (_, day) => count('steady giant', 'purchase', day, 100));
  const rising = [count('rising', 'purchase', 20, 2), count('rising', 'purchase', 1, 30)];
  const single = [count('single', 'purchase', 0, 1)];
  const { trending } = computeStatistics([...steady, ...rising, ...single], [], TODAY, '2026-01-01T00:00:00Z');
  expect(trending.map(([itemId]) => itemId)).toEqual(['rising']);
});

it('does not let one five-star vote lead the best rated', () => {
  const { bestRated } = computeStatistics(
    [
      count('one vote', 'rate', 1, 1, 5),
      count('many good votes', 'rate', 1, 100, 4.6),
      count('many bad votes', 'rate', 1, 100, 2),
    ],
    [],
    TODAY,
    '2026-01-01T00:00:00Z',
  );
  expect(bestRated.map(([itemId]) => itemId)).toEqual(['many good votes', 'many bad votes']);
  // Mean of all 201 votes is (5 + 460 + 200) / 201; ten prior votes at it: (10 × 3.3085 + 460) / 110.
  expect(bestRated[0]![1]).toBeCloseTo(4.4826, 3);

  // Not even if all games have similar ratings.
  const alike = Array.from({ length: 50 }, (_, index) => count(`g${index}`, 'rate', 1, 40, 4 + index / 500));
  const among = computeStatistics([...alike, count('one vote', 'rate', 1, 1, 5)], [], TODAY, '2026-01-01T00:00:00Z');
  expect(among.bestRated[0]![0]).toBe('g49');
  expect(among.bestRated.map(([itemId]) => itemId)).not.toContain('one vote');
});

it('lists trends for countries with enough events, and none for the others', () => {
  const at = (country: string, counts: DailyCount[]) => counts.map((one) => ({ ...one, country }));
  const { trendingByCountry } = computeStatistics(
    [],
    [
      ...at('CH', [
        count('yodel', 'purchase', 1, 150),
        count('chess', 'purchase', 20, 150),
        count('chess', 'purchase', 1, 15),
      ]),
      ...at('FR', [count('boules', 'purchase', 1, 40)]),
    ],
    TODAY,
    '2026-01-01T00:00:00Z',
  );
  expect(Object.keys(trendingByCountry)).toEqual(['CH']);
  expect(trendingByCountry.CH!.map(([itemId]) => itemId)).toEqual(['yodel']);
});

it('lists what is popular in a country, and smooths small countries with the world', () => {
  const world = [count('chess', 'purchase', 1, 900), count('boules', 'purchase', 1, 100)];
  const inCountry = (country: string, itemId: string, times: number) => ({
    ...count(itemId, 'purchase', 1, times),
    country,
  });
  const { popularByCountry } = computeStatistics(
    world,
    [inCountry('CH', 'yodel', 2_000), inCountry('FR', 'boules', 200), inCountry('LI', 'yodel', 20)],
    TODAY,
    '2026-01-01T00:00:00Z',
  );
  const ids = (country: string) => popularByCountry[country]?.map(([itemId]) => itemId);
  expect(ids('CH')).toEqual(['yodel', 'chess', 'boules']);
  // Two hundred purchases of boules are less than the world's prior of a thousand, nine tenths of them of chess.
  expect(ids('FR')).toEqual(['chess', 'boules']);
  expect(popularByCountry.FR![1]![1]).toBeGreaterThan(popularByCountry.CH![2]![1]);
  expect(ids('LI')).toBeUndefined();
});

it('lists hidden gems among well-rated, little-known games', () => {
  const players = (index: number) => count(`g${index}`, 'purchase', 1, 1000 - 40 * index);
  const { hiddenGems } = computeStatistics(
    Array.from({ length: 20 }, (_, index) => [
      players(index),
      count(`g${index}`, 'rate', 1, 30, index % 2 === 0 ? 4.8 : 2),
    ]).flat(),
    [],
    TODAY,
    '2026-01-01T00:00:00Z',
  );
  const ids = hiddenGems.map(([itemId]) => itemId);
  expect(ids[0]).toBe('g18');
  // Badly rated, and known to everybody.
  expect(ids).not.toContain('g19');
  expect(ids).not.toContain('g0');
});
