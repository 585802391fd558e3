// The gallery on the page while a new answer replaces it: the rows in view first, then the others.

import { expect, it } from 'vitest';
import type { Gallery } from '../models/contracts/gallery.ts';
import { type ShownGallery, showMoreRows, showRowsInView } from '../web/gallery/shown-gallery.ts';
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

it('the rows in view show the answer at once, the others keep their cards and order until it is their turn', () => {
  const before = showRowsInView(null, makeAnswer(first), () => true);
  expect([listShown(before), before.outdated]).toEqual([first, []]);
  const inView = showRowsInView(before, makeAnswer(second), (index) => index === 0);
  expect(listShown(inView)).toEqual({ top: ['b', 'e'], fresh: [], new: ['d'], because: ['c'] });
  expect(Object.keys(listShown(inView))).toEqual(['top', 'because', 'new', 'fresh']);
  const more = showMoreRows(inView, [1, 2]);
  expect(listShown(more)).toEqual({ ...second, because: ['c'] });
  expect(Object.keys(listShown(more))).toEqual(Object.keys(second));
  expect(listShown(showMoreRows(more, more.outdated))).toEqual(second);
  expect(showMoreRows(more, more.outdated).outdated).toEqual([]);
  expect(showMoreRows(more, [])).toBe(more);
});

it('an answer that overtakes one half shown replaces the rows of both', () => {
  const before = showRowsInView(null, makeAnswer(first), () => true);
  const half = showRowsInView(before, makeAnswer(second), (index) => index === 0);
  const third = { because: ['a'], top: ['c'], fresh: ['d'] };
  const overtaken = showRowsInView(half, makeAnswer(third), (index) => index === 1);
  expect(listShown(overtaken)).toEqual({ because: ['c'], top: ['c'], fresh: [] });
  expect(listShown(showMoreRows(overtaken, overtaken.outdated))).toEqual(third);
});

it('rows and items that stay equal stay the same objects', () => {
  const before = showRowsInView(null, makeAnswer(first), () => true);
  const after = showRowsInView(before, makeAnswer({ ...first, new: ['a', 'd'] }), () => true);
  expect(after.rows[0]).toBe(before.rows[0]);
  expect(after.rows[2]).not.toBe(before.rows[2]);
  expect(after.rows[2]!.cards.map(({ item }) => item)).toEqual([
    before.rows[0]!.cards[0]!.item,
    before.rows[2]!.cards[0]!.item,
  ]);
  expect(after.rows[2]!.cards[0]!.item).toBe(before.rows[0]!.cards[0]!.item);
});
