// Races of an identity merge: another merge, events under way, a log that cannot be read.

import { createMessageBatch, runInDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { expect, it, vi } from 'vitest';
import type { PlayerEvent } from '../../models/contracts/event.ts';
import type { UserState } from '../../models/contracts/signals.ts';
import { mergedEventPrefix } from '../../models/features/signals.ts';
import { makeEvent } from '../../tests/event.ts';
import { fakeObject } from '../../tests/fake-object.ts';
import { claimFinished, endAllMerges } from '../../tests/merge.ts';
import { runAlarm } from '../../tests/run-alarm.ts';
import { consumeEvents } from '../nearline/events-consumer.ts';
import { insertErasedUsers, openUserHash } from '../storage/erased-users.ts';
import { insertEvents } from '../storage/events.ts';
import { beginFinishing, claimMerge } from '../storage/merges.ts';
import { moveMergedLogs } from '../storage/users.ts';

async function call(method: string, path: string, body?: object) {
  const response = await exports.default.fetch(`http://edge${path}`, {
    method,
    headers: { 'content-type': 'application/json', authorization: 'Bearer test-admin' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}
const merge = async (from: string, to: string) => (await call('POST', `/v1/users/${to}/merge`, { from })).status;
const buy = async (userId: string, id: string, itemId: string) => {
  const { body } = await call('POST', '/v1/events', { events: [{ id, userId, type: 'purchase', itemId }] });
  expect((body as { results: { status: string }[] }).results[0]!.status).toBe('accepted');
};
const owned = async (userId: string) =>
  ((await call('GET', `/v1/users/${userId}/signals`)).body as UserState).owned.toSorted();
const purchase = (userId: string, itemId: string, timestamp: number) =>
  makeEvent(userId, 'purchase', itemId, timestamp);

it('does not let players become each other if they are merged in a circle concurrently', async () => {
  for (const circle of [
    ['ann', 'bob'],
    ['cleo', 'dora', 'emil'],
  ]) {
    for (const userId of circle) await buy(userId, '1', `before-${userId}`);
    const next = (index: number) => circle[(index + 1) % circle.length]!;
    const answers = await Promise.all(circle.map((userId, index) => merge(userId, next(index))));
    expect(answers).toContain(409);
    expect(answers).toContain(200);
    for (const userId of circle) await buy(userId, '2', `after-${userId}`);
    const all = (await Promise.all(circle.map(owned))).flat().toSorted();
    expect(all).toEqual(circle.flatMap((userId) => [`after-${userId}`, `before-${userId}`]).toSorted());
  }
});

it('forwards a guest’s signals if the player is merged at the same time', async () => {
  await buy('first', '1', 'a');
  await buy('second', '1', 'b');
  const answers = await Promise.all([merge('first', 'second'), merge('second', 'third')]);
  expect(answers[1]).toBe(200);
  await buy('second', '2', 'c');
  if (answers[0] === 200) await buy('first', '2', 'd');
  expect(await owned('third')).toEqual(answers[0] === 200 ? ['a', 'b', 'c', 'd'] : ['b', 'c']);
});

it('distinguishes events whose long ids differ only at the end', async () => {
  const id = 'x'.repeat(127);
  await buy('long', `${id}1`, 'a');
  await buy('long', `${id}2`, 'b');
  const logOf = (userId: string) =>
    env.DB.prepare('select item_id from events where user_id = ?1 order by item_id').bind(userId).raw();
  await expect.poll(() => logOf('long')).toHaveLength(2);
  expect(await merge('long', 'reader')).toBe(200);
  expect(await owned('reader')).toEqual(['a', 'b']);
  await runNextAlarm('long');
  await endAllMerges(env);
  expect(await logOf('reader')).toEqual([['a'], ['b']]);
  expect(await owned('reader')).toEqual(['a', 'b']);
});

it('leaves no event in the guest’s log, even if the merge is finished during a write', async () => {
  const event = purchase('late', 'a', Date.now());
  await env.USER_SIGNALS.getByName('late').record([event]);
  await claimMerge(env.DB, 'late', 'arrived', Date.now());
  let finished: Promise<void> | undefined;
  // The merge is finished just before the first row is written.
  const db = new Proxy(env.DB, {
    get(target, name) {
      if (name !== 'batch') return Reflect.get(target, name).bind(target);
      return async (statements: D1PreparedStatement[]) => {
        finished ??= beginFinishing(env.DB, 'late').then(() => moveMergedLogs(env.DB, [env.LOG_0], ['late']));
        await finished;
        return target.batch(statements);
      };
    },
  });
  const message = { id: 'm', timestamp: new Date(), attempts: 1, body: [event] };
  await consumeEvents(createMessageBatch('events', [message]), { ...env, DB: db }, [db]);
  for (const table of ['events', 'users']) {
    const where = `select user_id from ${table} where user_id in ('late', 'arrived')`;
    expect(await env.DB.prepare(where).raw(), table).toEqual([['arrived']]);
  }
});

it('deletes the guest’s state only after the player has the marks that the guest’s object had dropped', async () => {
  const now = Date.now();
  const clicks = Array.from(
    { length: 600 },
    (_, index): PlayerEvent => ({
      ...purchase('collector', `k${index}`, now - index),
      type: 'click',
    }),
  );
  const log = [purchase('collector', 'bought-long-ago', now - 1e10), ...clicks];
  await insertEvents(env.DB, log);
  await env.USER_SIGNALS.getByName('collector').record(log);
  await buy('target', '1', 'own');
  const target = env.USER_SIGNALS.getByName('target');
  expect(await owned('target')).toEqual(['own']);

  const setLog = (db: D1Database) =>
    runInDurableObject(target, (object) => {
      Object.assign(object, { env: { ...env, DB: db, LOG_0: db } });
    });
  const statement = { bind: () => statement, all: () => Promise.reject(new Error('D1 is down')) };
  await setLog({ prepare: () => statement, batch: statement.all } as unknown as D1Database);
  expect(await merge('collector', 'target')).toBe(503);
  expect(await owned('collector')).toEqual(['bought-long-ago']);
  await setLog(env.DB);
  expect(await merge('collector', 'target')).toBe(200);
  expect(await owned('target')).toEqual(['bought-long-ago', 'own']);
  expect(await owned('collector')).toEqual([]);
});

const runNextAlarm = (userId: string) => runAlarm(env.USER_SIGNALS.getByName(userId));
const unlogged = (userId: string) =>
  runInDurableObject(env.USER_SIGNALS.getByName(userId), (_, { storage }) => [
    ...storage.sql.exec(`select value->>'id', resends from unlogged, json_each(body) order by "row"`).raw(),
  ]);
const logOf = (userId: string) =>
  env.DB.prepare('select item_id from events where user_id = ?1 order by item_id').bind(userId).raw();

it('leaves a guest its outbox while the merge is open, and finishes it once the log has everything', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2100, 0, 1) });
  try {
    const events = ['lost', 'late', 'moved'].map((itemId) => purchase('lodger', itemId, Date.now()));
    await env.USER_SIGNALS.getByName('lodger').record(events);
    const consume = (id: string) =>
      consumeEvents(
        createMessageBatch('events', [
          { id, timestamp: new Date(), attempts: 1, body: [events.find((event) => event.id === id)] },
        ]),
        env,
        [env.LOG_0],
      );
    // One event is logged before the merge; one comes from the queue afterwards.
    await consume('moved');
    expect(await merge('lodger', 'owner')).toBe(200);
    expect(await unlogged('lodger')).toHaveLength(3);
    expect(await unlogged('owner')).toEqual([]);
    await consume('late');
    await endAllMerges(env);
    expect(await logOf('owner')).toEqual([]);
    await runNextAlarm('lodger');
    expect(await unlogged('lodger')).toEqual([['lost', 1]]);
    await expect.poll(() => logOf('lodger')).toEqual([['late'], ['lost'], ['moved']]);
    await runNextAlarm('lodger');
    expect(await unlogged('lodger')).toEqual([]);
    await endAllMerges(env);
    expect(await logOf('owner')).toEqual([['late'], ['lost'], ['moved']]);
    // The queue delivers after all: nothing doubles.
    await consume('lost');
    expect(await logOf('owner')).toHaveLength(3);
    expect(await logOf('lodger')).toEqual([]);

    // An event that reaches the guest's object after the finished merge is in the player's outbox.
    await env.USER_SIGNALS.getByName('lodger').record([purchase('lodger', 'after', Date.now())]);
    expect(await unlogged('lodger')).toEqual([]);
    expect(await unlogged('owner')).toEqual([[`${mergedEventPrefix('lodger')}after`, 0]]);
    expect(await owned('owner')).toEqual(['after', 'late', 'lost', 'moved']);
  } finally {
    vi.useRealTimers();
  }
});

it('a merge that is interrupted and never repeated loses no event of the guest', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2100, 0, 2) });
  try {
    const guest = env.USER_SIGNALS.getByName('drifter');
    await guest.record([purchase('drifter', 'a', Date.now())]);
    await claimMerge(env.DB, 'drifter', 'settler', Date.now());
    await guest.exportUser('settler');
    // The player's object cannot be reached, and the guest's is marked already.
    await runInDurableObject(guest, async (object) => {
      const USER_SIGNALS = { getByName: () => fakeObject({ takeCopies: () => Promise.reject(new Error('moving')) }) };
      Object.assign(object, { env: { ...env, USER_SIGNALS } });
      await expect(object.record([purchase('drifter', 'b', Date.now())])).rejects.toThrow('moving');
      Object.assign(object, { env });
    });
    expect(await unlogged('drifter')).toHaveLength(2);
    await runNextAlarm('drifter');
    await expect.poll(() => logOf('drifter')).toEqual([['a'], ['b']]);
    await runNextAlarm('drifter');
    expect(await unlogged('drifter')).toEqual([]);
    expect(await owned('settler')).toEqual(['a', 'b']);
    await endAllMerges(env);
    expect([await logOf('drifter'), await logOf('settler')]).toEqual([[], [['a'], ['b']]]);
  } finally {
    vi.useRealTimers();
  }
});

it('a merge that dies right after its decision leaves the guest’s events to the player, each once', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2100, 0, 3) });
  try {
    const guest = env.USER_SIGNALS.getByName('nomad');
    const events = ['a', 'b'].map((itemId) => ({ ...purchase('nomad', itemId, Date.now()), id: itemId }));
    await guest.record(events);
    const consume = (db = env.DB) =>
      consumeEvents(
        createMessageBatch('events', [{ id: 'm', timestamp: new Date(), attempts: 1, body: events }]),
        { ...env, DB: db },
        [db],
      );
    await insertEvents(env.DB, events.slice(0, 1));
    await claimFinished(env.DB, 'nomad', 'villager', Date.now());

    // At no moment does the log have one of them under two ids.
    const seen: number[] = [];
    const watched = new Proxy(env.DB, {
      get(target, name) {
        if (name !== 'batch') return Reflect.get(target, name).bind(target);
        return async (statements: D1PreparedStatement[]) => {
          const answers = await target.batch(statements);
          seen.push((await logOf('nomad')).length + (await logOf('villager')).length);
          return answers;
        };
      },
    });
    await consume(watched);
    await consume(watched);
    expect(Math.max(...seen)).toBe(2);
    expect([await logOf('nomad'), await logOf('villager')]).toEqual([[], [['a'], ['b']]]);

    await runNextAlarm('nomad');
    expect((await unlogged('nomad')).map((row) => row[1])).toEqual([1, 1]);
    await runNextAlarm('nomad');
    expect(await unlogged('nomad')).toEqual([]);
    await runNextAlarm('villager');
    expect(await unlogged('villager')).toEqual([]);
    expect(await logOf('villager')).toHaveLength(2);
    // What the guest does later is the player's too, and the merge can still be completed.
    await guest.record([purchase('nomad', 'c', Date.now())]);
    expect(await unlogged('villager')).toHaveLength(1);
    expect(await merge('nomad', 'villager')).toBe(200);
    expect(await owned('villager')).toEqual(['a', 'b', 'c']);
  } finally {
    vi.useRealTimers();
  }
});

it('does not bring back what a guest did before an erasure', async () => {
  const before = purchase('ghost', 'before', Date.now());
  await insertErasedUsers(env.DB, [(await openUserHash(env.DB))('ghost')], before.timestamp).run();
  await claimFinished(env.DB, 'ghost', 'host', Date.now());
  const events = [before, purchase('ghost', 'after', before.timestamp + 1)];
  events[1]!.receivedAt = before.timestamp + 1;
  await consumeEvents(
    createMessageBatch('events', [{ id: 'm', timestamp: new Date(), attempts: 1, body: events }]),
    env,
    [env.LOG_0],
  );
  expect([await logOf('ghost'), await logOf('host')]).toEqual([[], [['after']]]);
});
