import { expect, it } from 'vitest';
import { createColumns } from '../../tests/candidate-features.ts';
import { makeItem } from '../../tests/item.ts';
import { computeGenreAffinity } from './affinity.ts';

const columns = createColumns([
  makeItem('race', { genres: ['Racing'], tags: ['Cars'] }),
  makeItem('both', { genres: ['Strategy', 'Racing'] }),
  makeItem('plan', { genres: ['Strategy'] }),
  makeItem('none'),
]);
const liked = (itemId: string, weight = 1, ageDays = 0) => ({ itemId, weight, ageDays, strongestType: 'like' });

it('spreads weights over an item’s genres; they halve in a week, and dislikes count against a genre', () => {
  expect(computeGenreAffinity([], columns)).toEqual([]);
  expect(computeGenreAffinity([liked('none'), liked('gone')], columns)).toEqual([]);
  expect(computeGenreAffinity([liked('both'), liked('race', 1, 7)], columns)).toEqual([
    { genre: 'Racing', share: 2 / 3 },
    { genre: 'Strategy', share: 1 / 3 },
  ]);
  expect(computeGenreAffinity([liked('plan', -0.6), liked('both')], columns)).toEqual([{ genre: 'Racing', share: 1 }]);
});

it('counts picked genres as much as one game liked today, also those that no item has', () => {
  expect(computeGenreAffinity([liked('race')], columns, ['Racing', 'Puzzle', 'Strategy', 'Word'])).toEqual([
    { genre: 'Racing', share: 5 / 8 },
    { genre: 'Puzzle', share: 1 / 8 },
    { genre: 'Strategy', share: 1 / 8 },
    { genre: 'Word', share: 1 / 8 },
  ]);
  expect(computeGenreAffinity([], columns, ['Word', 'Word'])).toEqual([{ genre: 'Word', share: 1 }]);
});
