import { expect, test } from 'vitest';
import { createColumns } from '../../tests/candidate-features.ts';
import { makeItem } from '../../tests/item.ts';
import { EMPTY_USER_STATE } from '../contracts/signals.ts';
import { computeLabelLifts } from './lift.ts';

const game = (itemId: string, ...tags: string[]) => makeItem(itemId, { tags });
const columns = createColumns([
  ...['a1', 'a2', 'a3', 'a4'].map((itemId) => game(itemId, 'Naval')),
  ...['b1', 'b2', 'b3', 'b4'].map((itemId) => game(itemId, 'Racing')),
  game('c1', 'Puzzle'),
]);
const interacted = (...itemIds: string[]) =>
  itemIds.map((itemId) => ({ itemId, weight: 1, ageDays: 1, strongestType: 'click' }));
const shown = (passedOver: number, ...itemIds: string[]) => itemIds.map((itemId) => ({ itemId, times: 1, passedOver }));
/** By label; labels without a lift are missing. */
function lift(changes: Partial<typeof EMPTY_USER_STATE>): Map<string, number> {
  const user = { ...EMPTY_USER_STATE, ...changes };
  const findAll = (items: readonly { itemId: string }[]) => items.map(({ itemId }) => columns.find(itemId));
  const lifts = computeLabelLifts(user, { history: findAll(user.history), shown: findAll(user.shown) }, columns.labels);
  return new Map(
    columns.labels.table.strings
      .map((label, number) => [label, lifts[number]!] as const)
      .filter(([, one]) => one !== 0),
  );
}

test('raises labels that the player interacts with and lowers those passed over, more so if passed over again', () => {
  const user = { history: interacted('a1', 'a2'), shown: shown(1, 'a3', 'b1', 'b2', 'b3') };
  const lifts = lift(user);
  expect(lifts.get('Naval')).toBeGreaterThan(0.2);
  expect(lifts.get('Racing')).toBeLessThan(-0.2);
  expect(lifts.get('Puzzle')).toBeUndefined();
  const again = lift({ ...user, shown: shown(3, 'a3', 'b1', 'b2', 'b3') });
  expect(again.get('Racing')).toBeLessThan(lifts.get('Racing')!);
  // More than three times do not count.
  expect(lift({ ...user, shown: shown(50, 'a3', 'b1', 'b2', 'b3') })).toEqual(again);
});

test('a dismissal counts as an impression without interaction', () => {
  const [dismissed] = interacted('b1');
  const lifts = lift({ history: [...interacted('a1'), { ...dismissed!, weight: -0.6 }] });
  expect(lifts.get('Naval')).toBeGreaterThan(0);
  expect(lifts.get('Racing')).toBeLessThan(0);
});

test('has no lifts without a history, or for items that are gone', () => {
  expect(lift({}).size).toBe(0);
  expect(lift({ history: interacted('gone'), shown: shown(2, 'gone too') }).size).toBe(0);
});
