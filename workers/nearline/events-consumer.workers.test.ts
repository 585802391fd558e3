import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, expect, it } from 'vitest';
import type { PlayerEvent } from '../../models/contracts/event.ts';
import { readEventCounts } from '../storage/event-counts.ts';
import { consumeDeadLetters } from './dead-letters-consumer.ts';
import { consumeEvents } from './events-consumer.ts';

const event = (userId: string, id: string): PlayerEvent => ({
  id,
  userId,
  type: 'click',
  itemId: 'iron-tide',
  value: null,
  query: null,
  timestamp: 1_750_000_000_000,
  receivedAt: 1_750_000_000_000,
  recommendationId: 'r1',
  position: 3,
  platform: 'windows',
  country: 'CH',
  locale: 'de-CH',
});
const message = (id: string, body: unknown, attempts = 1) => ({ id, timestamp: new Date(), attempts, body });
const logged = () =>
  env.DB.prepare('select user_id || id as key from events order by key')
    .raw()
    .then((rows) => rows.flat());

beforeEach(() => env.DB.batch([env.DB.prepare('delete from events'), env.DB.prepare('delete from dead_letters')]));

it('writes each event once per player and id, regardless of repetition and messages', async () => {
  for (let round = 0; round < 2; round++) {
    const batch = createMessageBatch('events', [
      message('m1', [event('ann', '1'), event('ann', '2'), event('bob', '1')]),
      message('m2', [event('ann', '2'), event('bob', '2')]),
    ]);
    await consumeEvents(batch, env, [env.LOG_0]);
    const result = await getQueueResult(batch, createExecutionContext());
    expect(result.ackAll || result.explicitAcks.length === 2).toBe(true);
  }
  expect(await logged()).toEqual(['ann1', 'ann2', 'bob1', 'bob2']);
  const { results } = await env.DB.prepare('select * from events where user_id = ?1 and id = ?2')
    .bind('bob', '2')
    .all();
  expect(results[0]).toMatchObject({
    type: 'click',
    item_id: 'iron-tide',
    position: 3,
    country: 'CH',
    recommendation_id: 'r1',
  });
});

it('counts what it logs in the hours of reception, each event once', async () => {
  const at = (id: string, hour: number) => ({ ...event('ann', id), receivedAt: hour * 3_600_000 + 5 });
  const deliver = (events: PlayerEvent[]) =>
    consumeEvents(createMessageBatch('events', [message('m', events)]), env, [env.LOG_0]);
  await env.DB.prepare('delete from event_counts').run();
  await deliver([at('1', 100), at('2', 100), at('3', 101)]);
  await deliver([at('1', 100), at('3', 101), at('4', 101)]);
  await deliver([at('4', 101)]);
  const { hours, shards } = await readEventCounts(env.DB, [env.LOG_0], 0);
  expect(hours).toEqual([
    { hour: 100, accepted: 0, logged: 2 },
    { hour: 101, accepted: 0, logged: 2 },
  ]);
  expect(shards).toMatchObject([{ shard: 0, logged: 4 }]);
});

it('stores an invalid event as a dead letter and writes the others of its message', async () => {
  const batch = createMessageBatch('events', [
    message('m1', [event('ann', '1'), { nonsense: true }]),
    message('m2', 'text'),
  ]);
  await consumeEvents(batch, env, [env.LOG_0]);
  expect(await logged()).toEqual(['ann1']);
  const letters = await env.DB.prepare('select id, body from dead_letters order by id').all();
  expect(letters.results).toEqual([
    { id: 'm1-1', body: '{"nonsense":true}' },
    { id: 'm2-0', body: '"text"' },
  ]);
});

it('retries everything and acknowledges nothing while the log cannot be written', async () => {
  const refuse = () => Promise.reject(new Error('D1 is down'));
  const statement = { bind: () => statement, first: refuse };
  const down = { prepare: () => statement, batch: refuse } as unknown as D1Database;
  const batch = createMessageBatch('events', [
    message('m1', [event('ann', '1')]),
    message('m2', [event('ann', '2')], 4),
  ]);
  await consumeEvents(batch, env, [down]);
  const result = await getQueueResult(batch, createExecutionContext());
  expect(result.explicitAcks).toEqual([]);
  expect(result.retryMessages.map(({ msgId }) => msgId)).toEqual(['m1', 'm2']);
});

it('keeps the body of a message that exhausted its retries', async () => {
  const batch = createMessageBatch('events-dead-letters', [message('m9', [event('ann', '1')], 11)]);
  await consumeDeadLetters(batch, env.DB, 'events');
  const letter = await env.DB.prepare('select body from dead_letters where id = ?1').bind('m9').first<string>('body');
  expect(JSON.parse(letter!)).toEqual([event('ann', '1')]);
});
