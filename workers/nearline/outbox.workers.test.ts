// The outbox against a real D1, queue and alarm. Time is moved by the test; an alarm is run by its hand.

import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { EMPTY_CONTEXT } from '../../models/contracts/context.ts';
import type { PlayerEvent } from '../../models/contracts/event.ts';
import { EMPTY_PREFERENCES } from '../../models/contracts/preferences.ts';
import { makeEvent } from '../../tests/event.ts';
import { HANGING_STORES } from '../../tests/failing-stores.ts';
import { createItem } from '../../tests/ranking-input.ts';
import { runAlarm } from '../../tests/run-alarm.ts';
import { isolate } from '../serving/isolate.ts';
import { insertErasedUsers, openUserHash } from '../storage/erased-users.ts';
import { insertEvents } from '../storage/events.ts';
import { putItems } from '../storage/items.ts';
import { readUnlogged } from '../storage/unlogged-users.ts';
import { DocumentStore } from './documents.ts';
import { RUN_MAX_MS, Schedule } from './schedule.ts';
import { Tables } from './tables.ts';
import type { UserSignals } from './user-signals.ts';

type Player = DurableObjectStub<UserSignals>;

/** In the future: an alarm in the past would run at once. */
const START = Date.UTC(2100, 0, 1);
let now = START;
const wait = (ms: number) => {
  now += ms;
  vi.setSystemTime(now);
};
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  wait(0);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const click = (userId: string, id: string) => makeEvent(userId, 'click', 'g1', now, { id });
const clicks = (userId: string, count: number) => Array.from({ length: count }, (_, n) => click(userId, `c${n}`));
const alarmOf = (player: Player) => runInDurableObject(player, (_, { storage }) => storage.getAlarm());
const unloggedOf = (player: Player) =>
  runInDurableObject(player, (_, { storage }) =>
    [...storage.sql.exec("select value->>'id' from unlogged, json_each(body)").raw()].flat(),
  );
const loggedOf = async (userId: string) =>
  (await env.DB.prepare('select id from events where user_id = ?1 order by id').bind(userId).raw()).flat();

/** The player's object with other stores: what is queued is collected and not consumed. */
async function openPlayer(userId: string, stores: Partial<Env> = {}) {
  const queued: PlayerEvent[][] = [];
  const EVENTS = {
    sendBatch: async (messages: { body: PlayerEvent[] }[]) => void queued.push(...messages.map(({ body }) => body)),
  };
  const player = env.USER_SIGNALS.getByName(userId);
  await setStores(player, { EVENTS: EVENTS as unknown as Env['EVENTS'], ...stores });
  return { player, queued };
}
const setStores = (player: Player, stores: Partial<Env>) =>
  runInDurableObject(
    player,
    (object) => void Object.assign(object, { env: { ...env, LOG_0: stores.DB ?? env.LOG_0, ...stores } }),
  );
/** Waits until the alarm is due, and runs it; returns the seconds waited. */
async function runNextAlarm(player: Player): Promise<number> {
  const before = now;
  expect(await runAlarm(player)).toBe(true);
  now = Date.now();
  return (now - before) / 1_000;
}
/** D1 whose queries fail. */
const down = () => {
  const statement = { bind: () => statement, all: () => Promise.reject(new Error('D1 is down')) };
  return { prepare: () => statement, batch: statement.all } as unknown as D1Database;
};

it('does not write a document again that is stored, also after an eviction, and writes no index', async () => {
  await runInDurableObject(env.USER_SIGNALS.getByName('documents'), async (_, { storage }) => {
    const open = async () => new DocumentStore(await Tables.open(storage));
    const rowOf = () => [...storage.sql.exec("select rowid from documents where kind = 'guests'").raw()];
    const documents = await open();
    documents.write('guests', ['ann'], 1);
    documents.write('reportedAs', 'bob', 1);
    const row = rowOf();
    (await open()).write('guests', ['ann'], 2);
    expect(documents.readWrittenAt('guests')).toBe(1);
    (await open()).write('guests', ['cleo'], 3);
    expect([documents.readWrittenAt('guests'), rowOf()]).toEqual([3, row]);
  });
});

it('queues again what the queue lost, and forgets it once the log has it', async () => {
  const ann = env.USER_SIGNALS.getByName('ann');
  await ann.record([click('ann', 'lost')]);
  expect(await loggedOf('ann')).toEqual([]);
  expect(await runNextAlarm(ann)).toBe(25);
  // The true queue and its consumer.
  await expect.poll(() => loggedOf('ann')).toEqual(['lost']);
  expect(await unloggedOf(ann)).toEqual(['lost']);
  expect(await runNextAlarm(ann)).toBe(25);
  expect(await unloggedOf(ann)).toEqual([]);
  expect(await alarmOf(ann)).toBeNull();
  // Sent again by the client, it is neither counted nor kept again.
  expect((await ann.record([click('ann', 'lost')])).ids).toEqual([]);
  expect(await unloggedOf(ann)).toEqual([]);
});

it('asks once for what the queue delivered, and sends nothing', async () => {
  const { player, queued } = await openPlayer('bob');
  const events = clicks('bob', 1_200);
  for (let from = 0; from < events.length; from += 100) await player.record(events.slice(from, from + 100));
  await insertEvents(env.DB, events);
  await runNextAlarm(player);
  expect([await unloggedOf(player), await alarmOf(player), queued]).toEqual([[], null, []]);
});

it('keeps the outbox and its check through evictions; an idle player has neither alarm nor schedule', async () => {
  const { player } = await openPlayer('cleo');
  await player.record([click('cleo', '1')]);
  await evictDurableObject(player);
  expect(await unloggedOf(player)).toEqual(['1']);
  expect(await alarmOf(player)).toBe(now + 25_000);
  // An alarm that the platform has given up is set again when the object wakes.
  await runInDurableObject(player, (_, { storage }) => storage.deleteAlarm());
  await evictDurableObject(player);
  expect(await alarmOf(player)).toBe(now + 25_000);
  await insertEvents(env.DB, [click('cleo', '1')]);
  await runNextAlarm(player);

  await player.readUserState('cleo');
  await evictDurableObject(player);
  await player.readUserState('cleo');
  expect(await alarmOf(player)).toBeNull();
  const kinds = await runInDurableObject(player, (_, { storage }) => [
    ...storage.sql.exec('select kind from documents').raw(),
  ]);
  expect(kinds).toEqual([]);
});

it('asks with growing delay while D1 fails, changes nothing meanwhile, and loses nothing', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  const { player, queued } = await openPlayer('dora', { DB: down() });
  await player.record([click('dora', '1')]);
  const delays: number[] = [];
  for (let round = 0; round < 8; round++) delays.push(await runNextAlarm(player));
  expect(delays).toEqual([25, 30, 60, 120, 240, 480, 600, 600]);
  // More events do not bring the check forward.
  await player.record([click('dora', '2')]);
  expect((await alarmOf(player))! - now).toBe(600_000);
  expect(queued).toEqual([]);
  expect(log.mock.calls.flat().join()).toContain('D1 is down');
  await setStores(player, {});
  await runNextAlarm(player);
  await expect.poll(() => loggedOf('dora')).toEqual(['1', '2']);
  await runNextAlarm(player);
  expect([await unloggedOf(player), await alarmOf(player)]).toEqual([[], null]);
});

it('checks again after a check that hung', async () => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
  wait(0);
  const { player } = await openPlayer('hugo', { DB: HANGING_STORES.DB });
  await player.record([click('hugo', '1')]);
  await runInDurableObject(player, async (object) => {
    const checks = Promise.allSettled([object.refreshReport('hugo'), object.refreshReport('hugo')]);
    await vi.advanceTimersByTimeAsync(RUN_MAX_MS);
    expect((await checks).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
  await setStores(player, {});
  await player.refreshReport('hugo');
  vi.useRealTimers();
  await expect.poll(() => loggedOf('hugo')).toEqual(['1']);
});

it('a queue that fails loses nothing either', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  const { player } = await openPlayer('emil', {
    EVENTS: { sendBatch: () => Promise.reject(new Error('the queue is down')) } as unknown as Env['EVENTS'],
  });
  await player.record([click('emil', '1')]);
  await runNextAlarm(player);
  expect(await unloggedOf(player)).toEqual(['1']);
  await setStores(player, {});
  await runNextAlarm(player);
  await expect.poll(() => loggedOf('emil')).toEqual(['1']);
});

it('does not send what is probably still in the queue; cuts messages below the limits', async () => {
  const { player, queued } = await openPlayer('fay');
  await player.record(clicks('fay', 100));
  wait(10_000);
  await player.record([click('fay', 'young')]);
  await runNextAlarm(player);
  expect(queued.map(({ length }) => length)).toEqual([30, 30, 30, 10]);
  expect(queued.flat().map(({ id }) => id)).not.toContain('young');
  await runNextAlarm(player);
  expect(queued.flat().map(({ id }) => id)).toContain('young');
});

it('a backup that cannot be made and a log that cannot be asked do not hold up each other', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  const { player } = await openPlayer('gus', { DB: down() });
  await player.readUserState('gus', EMPTY_CONTEXT);
  await player.record([click('gus', '1')]);
  // There is no catalogue: the backup fails at 1.5 s and is tried six more times, then given up.
  const times: number[] = [];
  for (let round = 0; round < 12; round++) {
    await runNextAlarm(player);
    times.push((now - START) / 1_000);
  }
  const first = times[0]!;
  const backups = [0, 2, 6, 14, 30, 62, 126].map((seconds) => seconds + first);
  const checks = [0, 30, 90, 210, 450].map((seconds) => seconds + first + 23.5);
  expect(times).toEqual([...backups, ...checks].toSorted((a, b) => a - b));

  const items = Array.from({ length: 60 }, (_, index) => createItem(index));
  for (const change of await putItems(env.DB, items)) isolate.catalogue.apply(change);
  await setStores(player, {});
  await player.setPreferences(EMPTY_PREFERENCES);
  expect(await runNextAlarm(player)).toBe(1.5);
  expect((await player.backup())!.rows.length).toBeGreaterThan(0);
  expect(await unloggedOf(player)).toEqual(['1']);
});

it('runs a duty once more that was planned while it ran', async () => {
  const { player } = await openPlayer('han');
  await runInDurableObject(player, async (_, { storage }) => {
    const documents = new DocumentStore(await Tables.open(storage));
    const schedule = new Schedule(storage, documents, null);
    schedule.plan('backup', now);
    schedule.plan('backup', now + 1_000);
    await schedule.run({
      backup: async () => {
        schedule.plan('backup', now + 5_000);
        return 'done';
      },
      log: () => Promise.reject(new Error('not planned')),
    });
    expect(documents.read('schedule')).toEqual({ backup: { dueAt: now + 5_000, failures: 0, isRunning: false } });
    expect(await storage.getAlarm()).toBe(now + 5_000);
  });
});

it('checks again what came during a check, and after a check that died', async () => {
  const { player } = await openPlayer('hal');
  await player.record([click('hal', '1')]);
  await insertEvents(env.DB, [click('hal', '1')]);
  await runInDurableObject(player, (object) => {
    const DB = new Proxy(env.DB, {
      get: (target, name) => (query: string) => {
        if (query.includes('from events')) void object.record([click('hal', '2')]);
        return Reflect.get(target, name).call(target, query);
      },
    });
    Object.assign(object, { env: { ...env, LOG_0: DB } });
  });
  await runNextAlarm(player);
  expect([await unloggedOf(player), await alarmOf(player)]).toEqual([['2'], now + 25_000]);

  const died = JSON.stringify({ log: { dueAt: now + 60_000, failures: 0, isRunning: true } });
  await runInDurableObject(player, async (_, { storage }) => {
    storage.sql.exec("update documents set body = ? where kind = 'schedule'", died);
    await storage.deleteAlarm();
  });
  await evictDurableObject(player);
  await openPlayer('hal');
  await insertEvents(env.DB, [click('hal', '2')]);
  expect(await runNextAlarm(player)).toBe(60);
  expect([await unloggedOf(player), await alarmOf(player)]).toEqual([[], null]);
});

it('reports events that stay missing, and withdraws the report when the log has them', async () => {
  const { player } = await openPlayer('ida');
  await player.record(clicks('ida', 3));
  const acceptedAt = now;
  await runNextAlarm(player);
  expect(await readUnlogged(env.DB)).toEqual({ users: 0, events: 0, oldestAt: null });
  await runNextAlarm(player);
  await runNextAlarm(player);
  expect(await readUnlogged(env.DB)).toEqual({ users: 1, events: 3, oldestAt: acceptedAt });
  await insertEvents(env.DB, clicks('ida', 3));
  // D1 fails just when the report is to be withdrawn: the next run withdraws it.
  vi.spyOn(console, 'error').mockImplementation(() => {});
  await setStores(player, {
    DB: new Proxy(env.DB, {
      get: (target, name) => (query: string) => {
        if (query.startsWith('delete from unlogged_users')) throw new Error('D1 is down');
        return Reflect.get(target, name).call(target, query);
      },
    }),
  });
  await runNextAlarm(player);
  expect(await unloggedOf(player)).toEqual([]);
  expect(await readUnlogged(env.DB)).toMatchObject({ users: 1 });
  await setStores(player, {});
  await runNextAlarm(player);
  expect(await readUnlogged(env.DB)).toMatchObject({ users: 0 });
  expect(await alarmOf(player)).toBeNull();
});

it('resends missing events at growing intervals, and keeps them until the log has them', async () => {
  const { player, queued } = await openPlayer('jim');
  await player.record([click('jim', '1')]);
  const acceptedAt = now;
  const minutes: number[] = [];
  const checks: number[] = [];
  while (now - acceptedAt < 26 * 3_600_000) {
    const before = queued.length;
    await runNextAlarm(player);
    checks.push((now - acceptedAt) / 1_000);
    if (queued.length > before) minutes.push(Math.floor((now - acceptedAt) / 60_000));
  }
  expect(minutes.filter((at) => at < 60)).toHaveLength(4);
  // Shortly after each resend, so that events which it brought to the log leave, however many resends were lost before.
  expect(checks.slice(0, 8)).toEqual([25, 50, 80, 105, 320, 345, 945, 1_280]);
  // Then every hour, within the ten minutes between two checks.
  for (const [hour, at] of minutes.slice(4).entries())
    expect(Math.abs(at - 21 - 60 * (hour + 1))).toBeLessThanOrEqual(10);
  expect(minutes.length).toBeGreaterThan(28);
  expect(await unloggedOf(player)).toEqual(['1']);
  expect(await env.DB.prepare("select count(*) as n from dead_letters where id like 'unlogged-%'").first('n')).toBe(0);
  await insertEvents(env.DB, [{ ...click('jim', '1'), timestamp: acceptedAt, receivedAt: acceptedAt }]);
  await runNextAlarm(player);
  expect([await unloggedOf(player), await alarmOf(player)]).toEqual([[], null]);
});

it('sends two copies after an outage of hours, not one for each resend that fell into it', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  const { player, queued } = await openPlayer('joy', { DB: down() });
  await player.record([click('joy', '1')]);
  const acceptedAt = now;
  while (now - acceptedAt < 5 * 3_600_000) await runNextAlarm(player);
  expect(queued).toEqual([]);
  const { queued: sent } = await openPlayer('joy');
  const copies: number[] = [];
  for (let check = 0; check < 6; check++) {
    await runNextAlarm(player);
    copies.push(sent.length);
  }
  expect(copies).toEqual([1, 2, 2, 3, 3, 3]);
});

it('what is not an event becomes a dead letter, and leaves the outbox only then', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  const { player } = await openPlayer('jon');
  await player.record(clicks('jon', 3));
  await runInDurableObject(player, (_, { storage }) => {
    storage.sql.exec(`update unlogged set body = json_set(body, '$[1]', json('{"id":"c1"}'))`);
  });
  const letters = async () =>
    (await env.DB.prepare("select id, body, reason from dead_letters where id like 'unlogged-%' order by id").all())
      .results;
  const { id } = player;
  await setStores(player, {
    DB: new Proxy(env.DB, {
      get: (target, name) =>
        name === 'batch' ? () => Promise.reject(new Error('D1 is full')) : Reflect.get(target, name).bind(target),
    }),
  });
  await runNextAlarm(player);
  expect(await unloggedOf(player)).toEqual(['c0', 'c1', 'c2']);
  await openPlayer('jon');
  await runNextAlarm(player);
  expect(await unloggedOf(player)).toEqual(['c0', 'c2']);
  const body = '[{"id":"c1"}]';
  expect(await letters()).toEqual([{ id: `unlogged-${id}-1-3`, body, reason: 'in the outbox, but not an event' }]);
  expect(log).toHaveBeenCalled();
});

it('an erasure leaves those events of a call that happened after it', async () => {
  const { player } = await openPlayer('lea');
  await player.record([{ ...click('lea', 'before'), timestamp: now - 2 }, click('lea', 'after')]);
  await player.record([{ ...click('lea', 'also before'), timestamp: now - 1 }]);
  await player.record([click('lea', 'also after')]);
  await player.erase(now - 1);
  expect(await unloggedOf(player)).toEqual(['after', 'also after']);
  expect((await player.snapshot()).actions.map(({ id }) => id).toSorted()).toEqual(['after', 'also after']);
  expect(await player.readHeldRows('unlogged', 0, 10, now - 1)).toEqual([]);
  expect(await player.readHeldRows('unlogged', 0, 10, now)).toHaveLength(2);
});

it('a check does not bring back what was erased meanwhile', async () => {
  const { player } = await openPlayer('mia');
  const [before, after, logged] = [
    { ...click('mia', 'before'), timestamp: now - 1 },
    click('mia', 'after'),
    click('mia', 'logged'),
  ];
  await player.record([before, after, logged]);
  await insertEvents(env.DB, [logged]);
  await runInDurableObject(player, (object) => {
    const DB = new Proxy(env.DB, {
      get: (target, name) => (query: string) => {
        if (query.includes('from events')) object.erase(before.timestamp);
        return Reflect.get(target, name).call(target, query);
      },
    });
    Object.assign(object, { env: { ...env, LOG_0: DB } });
  });
  await runNextAlarm(player);
  expect(await unloggedOf(player)).toEqual(['after', 'logged']);
  await openPlayer('mia');
  await runNextAlarm(player);
  expect(await unloggedOf(player)).toEqual(['after']);
});

it('forgets what an erased player did before the erasure, and keeps what came after', async () => {
  const { player, queued } = await openPlayer('kim');
  await player.record([click('kim', 'before')]);
  wait(1);
  const hash = await openUserHash(env.DB);
  await insertErasedUsers(env.DB, [hash('kim')], now).run();
  wait(1);
  await player.record([click('kim', 'after')]);
  await runNextAlarm(player);
  expect(await unloggedOf(player)).toEqual(['after']);
  expect(queued.flat().map(({ id }) => id)).toEqual(['after']);
});
