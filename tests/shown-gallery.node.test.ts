// The gallery on the page while a new answer replaces it: the rows near the viewport first, then the others.

import { expect, it } from 'vitest';
import type { Gallery } from '../models/contracts/gallery.ts';
import { type ShownGallery, showMoreRows, showNearRows } from '../web/shown-gallery.ts';
import { makeItem } from './item.ts';

/** Rows by id, each with the ids of its items. */
const makeAnswer = (rows: Record<string, string[]>) => {
  const listItems = (ids: string[]) =>
    ids.map((itemId) => ({ itemId, score: 1, reason: 'Popular', item: makeItem(itemId) }));
  const body = {
    rows: Object.entries(rows).map(([id, ids]) => ({ id, title: id, reason: '', items: listItems(ids) })),
  } as unknown as Gallery;
  return { body, ms: 1 };
};
const listShown = ({ rows }: ShownGallery) =>
  Object.fromEntries(rows.map(({ id, cards }) => [id, cards.map(({ item }) => item.itemId)]));
const first = { top: ['a', 'b'], because: ['c'], new: ['d'] };
const second = { top: ['b', 'e'], fresh: ['f'], new: ['c'], because: ['d', 'a'] };

it('the rows that are near show the answer at once, the others keep their cards until it is their turn', () => {
  const before = showNearRows(null, makeAnswer(first), () => true);
  expect([listShown(before), before.outdated]).toEqual([first, []]);
  const near = showNearRows(before, makeAnswer(second), (index) => index === 0);
  expect(listShown(near)).toEqual({ top: ['b', 'e'], fresh: [], new: ['d'], because: ['c'] });
  expect(Object.keys(listShown(near))).toEqual(Object.keys(second));
  const more = showMoreRows(near, 2);
  expect(listShown(more)).toEqual({ ...second, because: ['c'] });
  expect(listShown(showMoreRows(more, 2))).toEqual(second);
  expect(showMoreRows(more, 2).outdated).toEqual([]);
});

it('an answer that overtakes one half shown replaces the rows of both', () => {
  const before = showNearRows(null, makeAnswer(first), () => true);
  const half = showNearRows(before, makeAnswer(second), (index) => index === 0);
  const third = { because: ['a'], top: ['c'], fresh: ['d'] };
  const overtaken = showNearRows(half, makeAnswer(third), (index) => index === 1);
  expect(listShown(overtaken)).toEqual({ because: ['c'], top: ['c'], fresh: [] });
  expect(listShown(showMoreRows(overtaken, 3))).toEqual(third);
});

it('rows and items that stay equal stay the same objects', () => {
  const before = showNearRows(null, makeAnswer(first), () => true);
  const after = showNearRows(before, makeAnswer({ ...first, new: ['a', 'd'] }), () => true);
  expect(after.rows[0]).toBe(before.rows[0]);
  expect(after.rows[2]).not.toBe(before.rows[2]);
  expect(after.rows[2]!.cards.map(({ item }) => item)).toEqual([
    before.rows[0]!.cards[0]!.item,
    before.rows[2]!.cards[0]!.item,
  ]);
  expect(after.rows[2]!.cards[0]!.item).toBe(before.rows[0]!.cards[0]!.item);
});
