// gorse's handlers as plain functions of their stores: no HTTP, no storage.

import { expect, test } from 'vitest';
import type { PlayerEvent } from '../../models/contracts/event.ts';
import { emptySignals, foldEvents } from '../../models/features/signals.ts';
import { makeKeyCaller } from '../../tests/caller.ts';
import { makeItem } from '../../tests/item.ts';
import type { Caller } from '../online/caller.ts';
import type { ItemFilter } from '../storage/items.ts';
import { getFeedback, listItemFeedback, listUserFeedback } from './feedback.ts';
import { listGorseItems, readGorseItem, removeItem } from './items.ts';
import { recommendForUser } from './recommend.ts';
import { listUsers } from './users.ts';

const reader: Caller = makeKeyCaller(['read']);
const admin: Caller = makeKeyCaller(['admin']);

test('a hidden item is read and listed with the scope “admin” alone', async () => {
  const items = [makeItem('shown'), makeItem('hidden', { hidden: true })];
  const store = {
    readItem: async (id: string) => items.find(({ itemId, hidden }) => itemId === id && !hidden),
    readItems: async (ids: readonly string[]) => items.filter(({ itemId }) => ids.includes(itemId)),
    listItems: async ({ hidden }: ItemFilter) => items.filter((item) => hidden || !item.hidden),
  };
  const read = (itemId: string, caller: Caller) => readGorseItem({ params: { itemId }, caller }, store);
  const list = async (caller: Caller) => (await listGorseItems({ query: { n: 10 }, caller }, store)).Items;

  expect(await read('hidden', admin)).toMatchObject({ ItemId: 'hidden', IsHidden: true });
  await expect(read('hidden', reader)).rejects.toMatchObject({ kind: 'not-found' });
  expect(await read('shown', reader)).toMatchObject({ ItemId: 'shown' });
  expect(await list(admin)).toHaveLength(2);
  expect(await list(reader)).toMatchObject([{ ItemId: 'shown' }]);
});

test('deleting an unknown item changes no rows', async () => {
  const store = { deleteItem: async () => undefined, applyChange: () => {} };
  expect(await removeItem({ params: { itemId: 'gone' } }, store)).toEqual({ RowAffected: 0 });
});

test('feedback is found by type and item; only a single one that is missing is a problem', async () => {
  const events = (['view', 'like', 'view'] as const).map(
    (type, index): PlayerEvent => ({
      id: `e${index}`,
      userId: 'ann',
      type,
      itemId: index === 2 ? 'b' : 'a',
      value: null,
      query: null,
      timestamp: index + 1,
      receivedAt: 10,
      recommendationId: null,
      position: null,
      platform: null,
      country: null,
      locale: null,
    }),
  );
  const store = { readSignals: async () => foldEvents(emptySignals(), events).signals };
  const pair = { userId: 'ann', itemId: 'b' };

  expect(await listUserFeedback({ params: { userId: 'ann' } }, store)).toHaveLength(3);
  expect(await listUserFeedback({ params: { userId: 'ann', feedbackType: 'view' } }, store)).toHaveLength(2);
  expect(await listItemFeedback({ params: pair }, store)).toMatchObject([{ FeedbackType: 'view', ItemId: 'b' }]);
  expect(await getFeedback({ params: { ...pair, feedbackType: 'view' } }, store)).toMatchObject({ ItemId: 'b' });
  await expect(getFeedback({ params: { ...pair, feedbackType: 'like' } }, store)).rejects.toMatchObject({
    kind: 'not-found',
  });
});

test('a page of users has a cursor unless it is the last', async () => {
  const asked: string[] = [];
  const store = {
    listUserIds: async (afterId: string, limit: number) => {
      asked.push(afterId);
      return ['ann', 'bob', 'cid'].filter((id) => id > afterId).slice(0, limit);
    },
    readUsers: async () => new Map([['bob', { userId: 'bob', labels: null, subscribe: ['a'], comment: 'vip' }]]),
  };
  const first = await listUsers({ query: { n: 2 } }, store);
  const ann = { UserId: 'ann', Labels: [], Subscribe: [], Comment: '' };
  expect(first.Users).toEqual([ann, { UserId: 'bob', Labels: null, Subscribe: ['a'], Comment: 'vip' }]);
  const last = await listUsers({ query: { n: 2, cursor: first.Cursor } }, store);
  expect(last).toMatchObject({ Cursor: '', Users: [{ UserId: 'cid' }] });
  expect(asked).toEqual(['', 'bob']);
});

test('writing impressions back needs a key that may write', async () => {
  const query = { n: 10, offset: 0, deadlineMs: 1_000, 'write-back-type': 'impression' as const };
  const call = recommendForUser({ params: { userId: 'ann' }, query, caller: reader }, {} as never);
  await expect(call).rejects.toMatchObject({ kind: 'forbidden' });
});
