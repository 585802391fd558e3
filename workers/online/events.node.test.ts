// The events handler as a plain function: no HTTP, no Durable Object, no queue.

import { expect, test, vi } from 'vitest';
import type { PlayerEvent } from '../../models/contracts/event.ts';
import { postEvents } from './events.ts';

const click = (id: string, userId = 'ann') => ({ id, userId, type: 'click', itemId: 'x' });

function openStore(fail: { record?: object[]; queue?: object[] } = {}) {
  const messages: PlayerEvent[][] = [];
  const recorded: string[] = [];
  const accepted: number[] = [];
  return {
    messages,
    recorded,
    accepted,
    countAccepted: (events: number) => void accepted.push(events),
    async recordEvents(userId: string, events: PlayerEvent[]) {
      const error = fail.record?.shift();
      if (error !== undefined) throw error;
      recorded.push(userId);
      return events.map(({ id }) => id);
    },
    async queueEvents(more: PlayerEvent[][]) {
      const error = fail.queue?.shift();
      if (error !== undefined) throw error;
      messages.push(...more);
    },
  };
}

test('events keep their order and go to their players’ objects and, in small messages, to the queue', async () => {
  const store = openStore();
  const events = Array.from({ length: 90 }, (_, index) => click(`e${index}`, index % 2 === 0 ? 'ann' : 'bob'));
  const { results } = await postEvents({ body: { events: [...events, { id: 'bad' }, click('e0')] } }, store);
  expect(results.slice(0, 90).every(({ status }) => status === 'accepted')).toBe(true);
  expect(results.slice(90).map(({ id, status }) => `${id} ${status}`)).toEqual(['bad rejected', 'e0 duplicate']);
  expect(store.recorded.toSorted()).toEqual(['ann', 'bob']);
  expect(store.accepted).toEqual([90]);
  expect(store.messages.map(({ length }) => length)).toEqual([40, 40, 11]);
  const times = store.messages.flat().map(({ timestamp }) => timestamp);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

test('retries a moving object but not an overloaded one; acknowledges even without the queue', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  const retryable = Object.assign(new Error('moving'), { retryable: true });
  const input = { body: { events: [click('1')] } };
  for (const fail of [{ record: [retryable] }, { queue: [new Error('down')] }])
    expect((await postEvents(input, openStore(fail))).results).toEqual([{ id: '1', status: 'accepted' }]);
  expect(log.mock.calls.flat().join()).toContain('events not queued');
  const overloaded = Object.assign(new Error('overloaded'), { retryable: true, overloaded: true });
  for (const fail of [{ record: [overloaded] }, { record: [retryable, retryable] }]) {
    const store = openStore(fail);
    await expect(postEvents(input, store)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(store.accepted).toEqual([]);
  }
  log.mockRestore();
});
