// The events handler as a plain function: no HTTP, no Durable Object, no queue.

import { expect, test } from 'vitest';
import type { PlayerEvent, RoutedEvent } from '../../models/contracts/event.ts';
import { makeKeyCaller } from '../../tests/caller.ts';
import type { Caller } from './caller.ts';
import { postEvents } from './events.ts';

const SERVER: Caller = makeKeyCaller(['ingest']);
const click = (id: string, userId = 'ann') => ({ id, userId, type: 'click', itemId: 'x' });
/** The database of the log that each player’s object chooses. */
const SHARDS: Record<string, number> = { ann: 0, bob: 2 };

function openStore(fail: { record?: object[] } = {}) {
  const queued: RoutedEvent[] = [];
  const work: Promise<void>[] = [];
  const recorded: string[] = [];
  const accepted: number[] = [];
  return {
    queued,
    recorded,
    accepted,
    work,
    waitUntil: (more: Promise<void>) => void work.push(more),
    countAccepted: (events: number) => void accepted.push(events),
    async recordEvents(userId: string, events: PlayerEvent[]) {
      const error = fail.record?.shift();
      if (error !== undefined) throw error;
      recorded.push(userId);
      return { ids: events.map(({ id }) => id), shard: SHARDS[userId]! };
    },
    queueEvents: async (events: RoutedEvent[]) => void queued.push(...events),
  };
}

test('events keep their order and go to their players’ objects and to the queue', async () => {
  const store = openStore();
  const events = Array.from({ length: 90 }, (_, index) => click(`e${index}`, index % 2 === 0 ? 'ann' : 'bob'));
  const { results } = await postEvents(
    { body: { events: [...events, { id: 'bad' }, click('e0')] }, caller: SERVER },
    store,
  );
  expect(results.slice(0, 90).every(({ status }) => status === 'accepted')).toBe(true);
  expect(results.slice(90).map(({ id, status }) => `${id} ${status}`)).toEqual(['bad rejected', 'e0 duplicate']);
  expect(store.recorded.toSorted()).toEqual(['ann', 'bob']);
  expect(store.accepted).toEqual([90]);
  await Promise.all(store.work);
  expect(store.queued).toHaveLength(91);
  expect(store.queued.every(({ userId, shard }) => shard === SHARDS[userId])).toBe(true);
  const times = store.queued.filter(({ userId }) => userId === 'bob').map(({ timestamp }) => timestamp);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

test('retries a moving object but not an overloaded one', async () => {
  const retryable = Object.assign(new Error('moving'), { retryable: true });
  const input = { body: { events: [click('1')] }, caller: SERVER };
  expect((await postEvents(input, openStore({ record: [retryable] }))).results).toEqual([
    { id: '1', status: 'accepted' },
  ]);
  const overloaded = Object.assign(new Error('overloaded'), { retryable: true, overloaded: true });
  for (const fail of [{ record: [overloaded] }, { record: [retryable, retryable] }]) {
    const store = openStore(fail);
    await expect(postEvents(input, store)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(store.accepted).toEqual([]);
  }
});
