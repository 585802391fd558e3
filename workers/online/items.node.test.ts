// Handlers are plain functions: no HTTP, no D1.

import { expect, test } from 'vitest';
import type { Item } from '../../models/contracts/item.ts';
import { ItemInput } from '../../models/contracts/item.ts';
import type { ItemChange } from '../storage/items.ts';
import { deleteItem, getItem, getItems, patchItem, postItems, putItem } from './items.ts';

const makeItem = (itemId: string): Item => ({ itemId, ...ItemInput.parse({ title: itemId }) });

test('a written item is applied to the isolate with the revision of its portion', async () => {
  const applied: ItemChange[] = [];
  const store = {
    putItems: async (items: readonly Item[]) =>
      items.map((item, index) => ({ itemId: item.itemId, revision: 7 + index, item })),
    applyChange: (change: ItemChange) => void applied.push(change),
  };
  const items = ['a', 'b', 'a'].map(makeItem);
  expect(await postItems({ body: { items } }, store)).toEqual({ stored: 2 });
  expect(applied.map(({ itemId, revision }) => [itemId, revision])).toEqual([
    ['a', 7],
    ['b', 8],
    ['a', 9],
  ]);
  const { itemId, ...body } = makeItem('c');
  expect(await putItem({ params: { itemId }, body }, store)).toEqual(makeItem('c'));
  expect(applied.at(-1)).toMatchObject({ itemId: 'c', revision: 7 });
});

test('a change to a missing item is not applied', async () => {
  const store = {
    readItem: async () => undefined,
    patchItem: async () => undefined,
    deleteItem: async () => undefined,
    applyChange: () => expect.unreachable(),
  };
  const params = { itemId: 'gone' };
  for (const answer of [
    getItem({ params }, store),
    patchItem({ params, body: { price: 1 } }, store),
    deleteItem({ params }, store),
  ])
    await expect(answer).rejects.toMatchObject({ kind: 'not-found', message: 'No item has the id “gone”.' });
});

test('each page has a cursor to the next, the last page none', async () => {
  const all = ['a', 'b', 'ü'].map(makeItem);
  const store = {
    listItems: async (_: object, afterId: string, limit: number) =>
      all.filter(({ itemId }) => itemId > afterId).slice(0, limit),
  };
  const first = await getItems({ query: { limit: 2 } }, store);
  expect(first).toEqual({ items: all.slice(0, 2), cursor: expect.any(String) });
  const last = await getItems({ query: { limit: 2, cursor: first.cursor! } }, store);
  expect(last).toEqual({ items: all.slice(2), cursor: null });
  await expect(getItems({ query: { limit: 2, cursor: 'b' } }, store)).rejects.toMatchObject({
    errors: [{ path: 'cursor' }],
  });
});
