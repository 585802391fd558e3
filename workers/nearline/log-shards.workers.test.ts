// A log that grows from one database to four while events are in transit: real D1, R2 and objects.

import { createExecutionContext, createMessageBatch, getQueueResult, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { PlayerEvent, RoutedEvent } from '../../models/contracts/event.ts';
import { makeEvent } from '../../tests/event.ts';
import { migrateLogShards } from '../../tests/migrate-log-shards.ts';
import { runAlarm } from '../../tests/run-alarm.ts';
import { insertEvents, readActionsOf, readMarkEvents } from '../storage/events.ts';
import { chooseShard, listLogShards } from '../storage/log-shards.ts';
import { beginFinishing, claimMerge } from '../storage/merges.ts';
import { listActiveUsers, listUsers, moveMergedLogs } from '../storage/users.ts';
import { consumeEvents } from './events-consumer.ts';
import type { UserSignals } from './user-signals.ts';

type Player = DurableObjectStub<UserSignals>;

const { TEST_LOG_1: LOG_1, TEST_LOG_2: LOG_2, TEST_LOG_3: LOG_3 } = env;
const ONE = { LOG_0: env.LOG_0 };
const FOUR = { ...ONE, LOG_1, LOG_2, LOG_3 };
const DATABASES = listLogShards(FOUR);

/** In the future: an alarm in the past would run at once. */
const START = Date.UTC(2100, 0, 1);
beforeAll(migrateLogShards);

const TABLES = ['events', 'users', 'merges', 'archived_marks'];
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
  for (const database of DATABASES)
    await database.batch(TABLES.map((table) => database.prepare(`delete from ${table}`)));
});
afterEach(() => void vi.useRealTimers());

const logOf = async (database: D1Database) =>
  (await database.prepare('select user_id || id from events order by 1').raw()).flat() as string[];
const readAll = async () => (await Promise.all(DATABASES.map(logOf))).flat().toSorted();
const keysOf = (events: readonly PlayerEvent[]) => events.map(({ userId, id }) => `${userId}${id}`).toSorted();

const queued: RoutedEvent[][] = [];
const EVENTS = {
  sendBatch: async (messages: { body: RoutedEvent[] }[]) => void queued.push(...messages.map(({ body }) => body)),
};
beforeEach(() => void queued.splice(0));

/** The player's object after a deployment with these databases. */
async function deploy(userId: string, databases: object): Promise<Player> {
  const player = env.USER_SIGNALS.getByName(userId);
  const { LOG_0: _, ...rest } = env;
  await runInDurableObject(player, (object) => void Object.assign(object, { env: { ...rest, ...databases, EVENTS } }));
  return player;
}
const unloggedOf = (player: Player) =>
  runInDurableObject(player, (_, { storage }) => [...storage.sql.exec('select shard from unlogged').raw()].flat());

const message = (body: unknown, id = crypto.randomUUID(), attempts = 1) => ({
  id,
  timestamp: new Date(),
  attempts,
  body,
});
async function consume(bodies: readonly unknown[], databases: object) {
  const batch = createMessageBatch(
    'events',
    bodies.map((body, n) => message(body, `m${n}`)),
  );
  await consumeEvents(batch, env, listLogShards(databases as typeof FOUR));
  const { explicitAcks, retryMessages } = await getQueueResult(batch, createExecutionContext());
  return { acked: explicitAcks, retried: retryMessages.map(({ msgId }) => msgId) };
}

const PLAYERS = Array.from({ length: 12 }, (_, n) => `player-${n}`);

it('neither loses nor duplicates events in queues and outboxes when one database becomes four', async () => {
  const send = (round: number, userId: string) =>
    Array.from({ length: 4 }, (_, n) => makeEvent(userId, 'play', `g${round}-${n}`, START, { id: `${round}-${n}` }));
  const sent: PlayerEvent[] = [];
  const lost: RoutedEvent[] = [];
  const inQueue: RoutedEvent[][] = [];
  /** One of four events is logged, one is in the queue, one lost by the queue, one in the queue twice. */
  const accept = async (round: number, databases: object) => {
    for (const userId of PLAYERS) {
      const events = send(round, userId);
      const { ids, shard } = await (await deploy(userId, databases)).record(events);
      expect(ids).toHaveLength(4);
      sent.push(...events);
      const [logged, late, missing, twice] = events.map((event) => ({ ...event, shard }));
      await consume([[logged]], databases);
      inQueue.push([late!], [twice!], [twice!, logged!]);
      lost.push(missing!);
    }
  };
  await accept(1, ONE);
  await accept(2, FOUR);
  // A client repeats events from before the change: the object knows them, and nothing goes to another database.
  for (const userId of PLAYERS) expect((await (await deploy(userId, FOUR)).record(send(1, userId))).ids).toEqual([]);
  await consume(inQueue, FOUR);
  expect(await readAll()).toHaveLength(sent.length - lost.length);
  for (const userId of PLAYERS) {
    const player = await deploy(userId, FOUR);
    expect(await runAlarm(player)).toBe(true);
    // Events that the queue lost go to the database that was chosen first.
    expect([...new Set(await unloggedOf(player))].toSorted()).toEqual(
      [...new Set([0, chooseShard(userId, 4)])].toSorted(),
    );
  }
  expect(keysOf(queued.flat())).toEqual(keysOf(lost));
  await consume(queued.splice(0), FOUR);
  expect(await readAll()).toEqual(keysOf(sent));
  for (const userId of PLAYERS) {
    const player = await deploy(userId, FOUR);
    expect(await runAlarm(player)).toBe(true);
    expect(await unloggedOf(player)).toEqual([]);
  }
  expect(queued).toEqual([]);
  // The first round is in one database, the second is spread over four.
  const rounds = async (database: D1Database) => (await logOf(database)).filter((key) => key.includes('2-')).length;
  for (const database of DATABASES) expect(await rounds(database)).toBeGreaterThan(0);
});

it('rebuilds a player’s signals from all databases, and finds their marks and actions there', async () => {
  const owned = DATABASES.map((_, shard) => makeEvent('ann', 'purchase', `g${shard}`, START + shard));
  for (const [shard, database] of DATABASES.entries()) await insertEvents(database, [owned[shard]!]);
  const ann = await deploy('ann', FOUR);
  const { user, complete } = await ann.readUserState('ann');
  expect(complete).toBe(true);
  expect(user.owned.toSorted()).toEqual(['g0', 'g1', 'g2', 'g3']);
  for (const events of [await readMarkEvents(DATABASES, 'ann'), await readActionsOf(DATABASES, ['ann', 'bob'])])
    expect([...new Set(events.map(({ itemId }) => itemId))].toSorted()).toEqual(['g0', 'g1', 'g2', 'g3']);
  await insertEvents(LOG_1, [makeEvent('bob', 'play', 'g', START + 9)]);
  const active = await listActiveUsers(DATABASES, 0, '', 10);
  expect(active.map(({ userId }) => userId)).toEqual(['ann', 'bob']);
  expect(await listActiveUsers(DATABASES, 0, 'ann', 10)).toEqual(active.slice(1));
  expect(await listUsers(DATABASES, 10)).toEqual([
    { userId: 'bob', lastEventAt: START + 9 },
    { userId: 'ann', lastEventAt: START + 3 },
  ]);
});

it('writes the messages of the other databases while one fails, or is not bound any more', async () => {
  const event = (id: string, shard: number): RoutedEvent => ({
    ...makeEvent('ann', 'click', 'g', START, { id }),
    shard,
  });
  const refuse = () => Promise.reject(new Error('D1 is down'));
  const down = { prepare: () => ({ first: refuse }), batch: refuse } as unknown as D1Database;
  const alert = vi.spyOn(console, 'error').mockImplementation(() => {});
  const { shard: _, ...fromEarlierVersion } = event('c', 0);
  const bodies = [
    [event('a', 0)],
    [event('b', 1)],
    [fromEarlierVersion],
    [event('d', 4)],
    [event('e', 0), event('f', 1)],
  ];
  expect(await consume(bodies, { ...FOUR, LOG_1: down })).toEqual({ acked: ['m0', 'm2'], retried: ['m1', 'm3', 'm4'] });
  expect(alert.mock.calls.flat().join()).toContain('LOG_4');
  alert.mockRestore();
  expect(await logOf(env.LOG_0)).toEqual(['anna', 'annc', 'anne']);
  expect(await consume(bodies.slice(4), FOUR)).toEqual({ acked: ['m0'], retried: [] });
  expect(await readAll()).toEqual(['anna', 'annc', 'anne', 'annf']);
});

it('moves a guest’s events in every database once the outbox is empty', async () => {
  const guest = await deploy('guest', ONE);
  const player = await deploy('owner', FOUR);
  const event = makeEvent('guest', 'play', 'g1', START, { id: '1' });
  await guest.record([event]);
  await deploy('guest', FOUR);
  for (const [n, database] of DATABASES.entries())
    await insertEvents(database, [makeEvent('guest', 'play', 'g2', START, { id: `in-${n}` })]);
  await claimMerge(env.DB, 'guest', 'owner', START);
  await player.importUser('owner', 'guest', await guest.exportUser('owner'));
  expect(await guest.finishMerge('owner')).toBe(false);
  // Still in the queue under the guest's name, for the only database there was.
  await consume([[{ ...event, shard: 0 }]], FOUR);
  expect([await unloggedOf(guest), await unloggedOf(player)]).toEqual([[0], []]);
  expect(await runAlarm(guest)).toBe(true);
  expect([await unloggedOf(guest), queued]).toEqual([[], []]);
  expect(await guest.finishMerge('owner')).toBe(true);
  await beginFinishing(env.DB, 'guest');
  await moveMergedLogs(env.DB, DATABASES, ['guest']);
  for (const [n, database] of DATABASES.entries()) {
    const owners = await database.prepare('select distinct user_id from events').raw();
    expect(owners).toEqual([['owner']]);
    expect(await logOf(database)).toHaveLength(n === 0 ? 2 : 1);
  }
});
