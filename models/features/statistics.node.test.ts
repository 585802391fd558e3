import { expect, it } from 'vitest';
import type { ItemRating, ItemTotals, PlayerCounts } from '../contracts/statistics.ts';
import { computeStatistics } from './statistics.ts';

const AT = '2026-01-01T00:00:00Z';
const NOTHING: PlayerCounts = { world: [], countries: [], ratings: [], anchorDay: null };
/** `recent` purchases in the newest days, `before` in those before. */
const totals = (itemId: string, recent: number, before = 0): ItemTotals => ({
  ...{ itemId, recent, before, popularity: recent + before },
});
/** `votes` votes, all of `value`. */
const rating = (itemId: string, votes: number, value: number): ItemRating => ({ itemId, votes, sum: votes * value });

it('lists items as trending that exceed their own past, not those that are always popular', () => {
  const world = [totals('steady giant', 300, 2_500), totals('rising', 30, 2), totals('single', 1)];
  const { trending, popular } = computeStatistics({ ...NOTHING, world }, AT);
  expect(trending.map(([itemId]) => itemId)).toEqual(['rising']);
  expect(popular.map(([itemId]) => itemId)).toEqual(['steady giant', 'rising', 'single']);
});

it('does not let one five-star vote lead the best rated', () => {
  const ratings = [rating('one vote', 1, 5), rating('many good votes', 100, 4.6), rating('many bad votes', 100, 2)];
  const { bestRated } = computeStatistics({ ...NOTHING, ratings }, AT);
  expect(bestRated.map(([itemId]) => itemId)).toEqual(['many good votes', 'many bad votes']);
  // Mean of all 201 votes is (5 + 460 + 200) / 201; ten prior votes at it: (10 × 3.3085 + 460) / 110.
  expect(bestRated[0]![1]).toBeCloseTo(4.4826, 3);

  // Not even if all games have similar ratings.
  const alike = Array.from({ length: 50 }, (_, index) => rating(`g${index}`, 40, 4 + index / 500));
  const among = computeStatistics({ ...NOTHING, ratings: [...alike, rating('one vote', 1, 5)] }, AT);
  expect(among.bestRated[0]![0]).toBe('g49');
  expect(among.bestRated.map(([itemId]) => itemId)).not.toContain('one vote');
});

it('lists trends for countries with enough players, and none for the others', () => {
  const countries = [
    { ...totals('yodel', 150), country: 'CH' },
    { ...totals('chess', 15, 150), country: 'CH' },
    { ...totals('boules', 40), country: 'FR' },
  ];
  const { trendingByCountry } = computeStatistics({ ...NOTHING, countries }, AT);
  expect(Object.keys(trendingByCountry)).toEqual(['CH']);
  expect(trendingByCountry.CH!.map(([itemId]) => itemId)).toEqual(['yodel']);
});

it('lists what is popular in a country, and smooths small countries with the world', () => {
  const world = [totals('chess', 900), totals('boules', 100)];
  const countries = [
    { ...totals('yodel', 2_000), country: 'CH' },
    { ...totals('boules', 200), country: 'FR' },
    { ...totals('yodel', 20), country: 'LI' },
  ];
  const { popularByCountry, ownPopularByCountry } = computeStatistics({ ...NOTHING, world, countries }, AT);
  expect(ownPopularByCountry).toEqual({ CH: ['yodel'], FR: ['boules'] });
  const ids = (country: string) => popularByCountry[country]?.map(([itemId]) => itemId);
  expect(ids('CH')).toEqual(['yodel', 'chess', 'boules']);
  // Two hundred purchases of boules are less than the world's prior of a thousand, nine tenths of them of chess.
  expect(ids('FR')).toEqual(['chess', 'boules']);
  expect(popularByCountry.FR![1]![1]).toBeGreaterThan(popularByCountry.CH![2]![1]);
  expect(ids('LI')).toBeUndefined();
});

it('lists hidden gems among well-rated, little-known games', () => {
  const games = Array.from({ length: 20 }, (_, index) => index);
  const world = games.map((index) => totals(`g${index}`, 1000 - 40 * index));
  const ratings = games.map((index) => rating(`g${index}`, 30, index % 2 === 0 ? 4.8 : 2));
  const ids = computeStatistics({ ...NOTHING, world, ratings }, AT).hiddenGems.map(([itemId]) => itemId);
  expect(ids[0]).toBe('g18');
  // Badly rated, and known to everybody.
  expect(ids).not.toContain('g19');
  expect(ids).not.toContain('g0');
});

it('names the day that popularity counts back from', () => {
  expect(computeStatistics({ ...NOTHING, anchorDay: 20_000 }, AT).popularUntil).toBe('2024-10-04');
  expect(computeStatistics(NOTHING, AT).popularUntil).toBeNull();
});
