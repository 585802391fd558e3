import { expect, test } from 'vitest';
import { EMPTY_USER_STATE } from '../contracts/signals.ts';
import { computeLabelLifts } from './lift.ts';

const game = (itemId: string, ...tags: string[]) => ({
  itemId,
  title: itemId,
  genres: [],
  tags,
  developer: null,
  releaseDate: null,
  price: null,
  currency: null,
  ageRating: null,
  platforms: [],
  coverUrl: null,
  hidden: false,
});
const catalogue = new Map(
  [
    ...['a1', 'a2', 'a3', 'a4'].map((itemId) => game(itemId, 'Naval')),
    ...['b1', 'b2', 'b3', 'b4'].map((itemId) => game(itemId, 'Racing')),
    game('c1', 'Puzzle'),
  ].map((one) => [one.itemId, one]),
);
const chosen = (...itemIds: string[]) =>
  itemIds.map((itemId) => ({ itemId, weight: 1, ageDays: 1, strongestType: 'click' }));
const shown = (times: number, ...itemIds: string[]) => itemIds.map((itemId) => ({ itemId, times }));
const lift = (user: Partial<typeof EMPTY_USER_STATE>) => computeLabelLifts({ ...EMPTY_USER_STATE, ...user }, catalogue);

test('what is chosen of what is shown is lifted, what is passed over is lowered, the more the surer', () => {
  const user = { history: chosen('a1', 'a2'), shown: shown(1, 'a3', 'b1', 'b2', 'b3') };
  const lifts = lift(user);
  expect(lifts.get('Naval')).toBeGreaterThan(0.2);
  expect(lifts.get('Racing')).toBeLessThan(-0.2);
  expect(lifts.get('Puzzle')).toBeUndefined();
  const again = lift({ ...user, shown: shown(3, 'a3', 'b1', 'b2', 'b3') });
  expect(again.get('Racing')).toBeLessThan(lifts.get('Racing')!);
  // Beyond three times it says no more.
  expect(lift({ ...user, shown: shown(50, 'a3', 'b1', 'b2', 'b3') })).toEqual(again);
});

test('a refusal is a look that came to nothing, and so says more than nothing', () => {
  const [refused] = chosen('b1');
  const lifts = lift({ history: [...chosen('a1'), { ...refused!, weight: -0.6 }] });
  expect(lifts.get('Naval')).toBeGreaterThan(0);
  expect(lifts.get('Racing')).toBeLessThan(0);
});

test('of a newcomer, and of games that are gone, nothing is known', () => {
  expect(lift({}).size).toBe(0);
  expect(lift({ history: chosen('gone'), shown: shown(2, 'gone too') }).size).toBe(0);
});
