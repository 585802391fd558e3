import { expect, it } from 'vitest';
import type { DailyCount } from '../contracts/statistics.ts';
import { computeStatistics } from './statistics.ts';

const TODAY = 20_000;
const count = (itemId: string, type: string, daysAgo: number, number: number, mean = 0): DailyCount => ({
  itemId,
  type,
  day: TODAY - daysAgo,
  count: number,
  valueSum: number * mean,
});

it('halves an event’s say in popularity every 14 days', () => {
  const { popular } = computeStatistics(
    [count('fresh', 'purchase', 0, 10), count('old', 'purchase', 14, 10), count('older', 'purchase', 28, 10)],
    TODAY,
    '2026-01-01T00:00:00Z',
  );
  expect(popular).toEqual([
    ['fresh', 10],
    ['old', 5],
    ['older', 2.5],
  ]);
});

it('calls trending what exceeds its own past, not what is always big', () => {
  const steady = Array.from({ length: 28 }, (_, day) => count('steady giant', 'purchase', day, 100));
  const rising = [count('rising', 'purchase', 20, 2), count('rising', 'purchase', 1, 30)];
  const single = [count('single', 'purchase', 0, 1)];
  const { trending } = computeStatistics([...steady, ...rising, ...single], TODAY, '2026-01-01T00:00:00Z');
  expect(trending.map(([itemId]) => itemId)).toEqual(['rising']);
});

it('does not let one five-star vote lead the best rated', () => {
  const { bestRated } = computeStatistics(
    [
      count('one vote', 'rate', 1, 1, 5),
      count('many good votes', 'rate', 1, 100, 4.6),
      count('many bad votes', 'rate', 1, 100, 2),
    ],
    TODAY,
    '2026-01-01T00:00:00Z',
  );
  expect(bestRated.map(([itemId]) => itemId)).toEqual(['many good votes', 'many bad votes']);
  // Mean of all 201 votes is (5 + 460 + 200) / 201; ten pretended votes at it: (10 × 3.3085 + 460) / 110.
  expect(bestRated[0]![1]).toBeCloseTo(4.4826, 3);

  // Not even where all games are rated much alike.
  const alike = Array.from({ length: 50 }, (_, place) => count(`g${place}`, 'rate', 1, 40, 4 + place / 500));
  const among = computeStatistics([...alike, count('one vote', 'rate', 1, 1, 5)], TODAY, '2026-01-01T00:00:00Z');
  expect(among.bestRated[0]![0]).toBe('g49');
  expect(among.bestRated.map(([itemId]) => itemId)).not.toContain('one vote');
});
