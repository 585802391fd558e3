// The events handler as a plain function: no HTTP, no Durable Object, no queue.

import { expect, test, vi } from 'vitest';
import type { PlayerEvent, RoutedEvent } from '../../models/contracts/event.ts';
import { makeKeyCaller } from '../../tests/caller.ts';
import type { Caller } from './caller.ts';
import { postEvents } from './events.ts';

const SERVER: Caller = makeKeyCaller(['ingest']);
const click = (id: string, userId = 'ann') => ({ id, userId, type: 'click', itemId: 'x' });
/** The database of the log that each player’s object chooses. */
const SHARDS: Record<string, number> = { ann: 0, bob: 2 };

function openStore(fail: { record?: object[]; queue?: object[] } = {}) {
  const messages: RoutedEvent[][] = [];
  const work: Promise<void>[] = [];
  const recorded: string[] = [];
  const accepted: number[] = [];
  return {
    messages,
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
    async queueEvents(more: RoutedEvent[][]) {
      const error = fail.queue?.shift();
      if (error !== undefined) throw error;
      messages.push(...more);
    },
  };
}

test('events keep their order and go to their players’ objects and, in small messages, to the queue', async () => {
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
  // Each message is for one database, which its player’s object has chosen.
  expect(store.messages.map((events) => [events.length, ...new Set(events.map(({ shard }) => shard))])).toEqual([
    [40, 0],
    [6, 0],
    [40, 2],
    [5, 2],
  ]);
  expect(store.messages.flat().every(({ userId, shard }) => shard === SHARDS[userId])).toBe(true);
  const times = store.messages
    .flat()
    .filter(({ userId }) => userId === 'bob')
    .map(({ timestamp }) => timestamp);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

test('retries a moving object but not an overloaded one; acknowledges even without the queue', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  const retryable = Object.assign(new Error('moving'), { retryable: true });
  const input = { body: { events: [click('1')] }, caller: SERVER };
  for (const fail of [{ record: [retryable] }, { queue: [new Error('down')] }]) {
    const store = openStore(fail);
    expect((await postEvents(input, store)).results).toEqual([{ id: '1', status: 'accepted' }]);
    await Promise.all(store.work);
  }
  expect(log.mock.calls.flat().join()).toContain('events not queued');
  const overloaded = Object.assign(new Error('overloaded'), { retryable: true, overloaded: true });
  for (const fail of [{ record: [overloaded] }, { record: [retryable, retryable] }]) {
    const store = openStore(fail);
    await expect(postEvents(input, store)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(store.accepted).toEqual([]);
  }
  log.mockRestore();
});
