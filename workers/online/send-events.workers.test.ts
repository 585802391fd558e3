import { env, exports } from 'cloudflare:workers';
import { expect, it, vi } from 'vitest';
import type { RoutedEvent } from '../../models/contracts/event.ts';
import { makeEvent } from '../../tests/event.ts';
import { sendEvents } from './send-events.ts';

/** Collects messages; fails as often as told. */
function openQueue(failures = 0) {
  const sent: RoutedEvent[][] = [];
  const send = async (events: RoutedEvent[]) => {
    if (failures-- > 0) throw new Error('the queue is down');
    sent.push(events);
  };
  return { sent, queue: { send } as unknown as Env['EVENTS'] };
}
let made = 0;
const makeRouted = (userId: string, shard: number, count: number, requestId = 'ray'): RoutedEvent[] =>
  Array.from({ length: count }, () => ({
    ...makeEvent(userId, 'click', 'g1', Date.now(), { id: `${made++}` }),
    ...{ shard, requestId },
  }));
const idsOf = (events: readonly RoutedEvent[]) => events.map(({ id }) => id);

it('sends the events of different requests in one message for each database, in their order', async () => {
  const { sent, queue } = openQueue();
  const ann = makeRouted('ann', 0, 3, 'ray-1');
  const ben = makeRouted('ben', 1, 2, 'ray-2');
  const cleo = makeRouted('cleo', 0, 1, 'ray-3');
  await Promise.all([sendEvents(queue, [...ann, ...ben]), sendEvents(queue, cleo)]);
  expect(sent.map(idsOf)).toEqual([idsOf([...ann, ...cleo]), idsOf(ben)]);
  expect(sent[0]!.map(({ requestId }) => requestId)).toEqual(['ray-1', 'ray-1', 'ray-1', 'ray-3']);
});

it('begins another message before one is too large, and each event leaves once', async () => {
  const { sent, queue } = openQueue();
  const requests = Array.from({ length: 12 }, (_, n) => makeRouted(`user-${n}`, 0, 100));
  // The largest event; forty of them are more than others share.
  const large = makeRouted('large', 0, 40).map((event) => ({ ...event, query: '文'.repeat(900) }));
  await Promise.all([...requests, large].map((events) => sendEvents(queue, events)));
  expect(sent.flatMap(idsOf)).toEqual(idsOf([...requests.flat(), ...large]));
  const sizes = sent.map((events) => Buffer.byteLength(JSON.stringify(events)));
  expect(Math.max(...sizes.slice(0, -1))).toBeLessThanOrEqual(64_000);
  expect(sizes.at(-1)).toBeLessThan(128_000);
  expect(sent.length).toBeLessThan(12);
});

it('events whose request was cancelled leave with the next; a failure is logged with its requests', async () => {
  const { sent, queue } = openQueue(1);
  // A timer that never ends is what a cancelled request leaves behind.
  const wait = vi.spyOn(scheduler, 'wait').mockReturnValueOnce(new Promise(() => {}));
  const cancelled = makeRouted('ann', 0, 1, 'ray-cancelled');
  void sendEvents(queue, cancelled);
  wait.mockRestore();
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  const next = makeRouted('ben', 0, 1, 'ray-next');
  await sendEvents(queue, next);
  expect(JSON.parse(log.mock.calls.flat().join())).toMatchObject({
    ...{ alert: 'events not queued', events: 2, requestIds: ['ray-cancelled', 'ray-next'] },
  });
  log.mockRestore();
  const later = makeRouted('cleo', 0, 1);
  await sendEvents(queue, later);
  expect(sent.map(idsOf)).toEqual([idsOf(later)]);
});

it('logs every event of requests that share a message, through the real queue', async () => {
  const headers = { authorization: 'Bearer test-admin', 'content-type': 'application/json' };
  const post = (n: number) =>
    exports.default.fetch('http://localhost/v1/events', {
      ...{ method: 'POST', headers },
      body: JSON.stringify({ events: [{ id: 'e', userId: `sharer-${n}`, type: 'click', itemId: 'g1' }] }),
    });
  const responses = await Promise.all(Array.from({ length: 12 }, (_, n) => post(n)));
  expect(responses.map(({ status }) => status)).toEqual(Array(12).fill(202));
  const count = () =>
    env.LOG_0.prepare("select count(*) as n from events where user_id like 'sharer-%'").first<number>('n');
  await expect.poll(count).toBe(12);
});
