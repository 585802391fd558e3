import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, it, vi } from 'vitest';
import { EMPTY_CONTEXT } from '../../models/contracts/context.ts';
import { EVENT_TYPES, type PlayerEvent } from '../../models/contracts/event.ts';
import { EMPTY_PREFERENCES } from '../../models/contracts/preferences.ts';
import { MARKS_MAX, RECENT_ACTIONS_MAX, type Signals } from '../../models/contracts/signals.ts';
import { emptySignals, foldEvents, listMarks, toSignalEvent } from '../../models/features/signals.ts';
import { HANGING_STORES } from '../../tests/failing-stores.ts';
import { createItem } from '../../tests/ranking-input.ts';
import { isolate } from '../serving/isolate.ts';
import { insertEvents } from '../storage/events.ts';
import { putItems } from '../storage/items.ts';
import { READ_MAX_MS } from './hydration.ts';

const NOW = Date.UTC(2026, 4, 1);

const makeEvent = (userId: string, index: number): PlayerEvent => {
  const type = EVENT_TYPES[index % EVENT_TYPES.length]!;
  return {
    id: `e${index}`,
    userId,
    type,
    itemId: type === 'search' ? null : `item-${(index * 7) % 150}`,
    value: type === 'rate' ? 4.5 : type === 'play' ? 30 : null,
    query: type === 'search' ? `query ${index}` : null,
    timestamp: NOW - ((index * 37) % 90) * 3_600_000,
    receivedAt: NOW,
    recommendationId: null,
    position: null,
    platform: null,
    country: null,
    locale: null,
  };
};
const makeLog = (userId: string, length: number) => Array.from({ length }, (_, index) => makeEvent(userId, index));

const comparable = (signals: Signals) => ({
  ...signals,
  marks: listMarks(signals.marks)
    .map(({ itemId, kind, timestamp }) => `${itemId} ${kind} ${timestamp}`)
    .sort(),
});

it('equals a replay of the log after any order and repetition of events, and after eviction', async () => {
  const log = makeLog('ann', 1_400);
  const replayed = foldEvents(emptySignals(), log.map(toSignalEvent)).signals;
  expect(replayed.actions).toHaveLength(RECENT_ACTIONS_MAX);

  const ann = env.USER_SIGNALS.getByName('ann');
  const delivered = [...log.slice(900), ...log.slice(0, 700).reverse(), ...log.slice(500, 1_000)];
  for (let from = 0; from < delivered.length; from += 100) await ann.record(delivered.slice(from, from + 100));
  expect(comparable(await ann.snapshot())).toEqual(comparable(replayed));

  await evictDurableObject(ann);
  expect(comparable(await ann.snapshot())).toEqual(comparable(replayed));
});

it('distinguishes new events from repeated ones', async () => {
  const bob = env.USER_SIGNALS.getByName('bob');
  const [first, second] = makeLog('bob', 2);
  expect((await bob.record([first!])).ids).toEqual(['e0']);
  expect((await bob.record([first!, second!, second!])).ids).toEqual(['e1']);
});

it('recognises an event long after it was dropped, even with another timestamp', async () => {
  const dora = env.USER_SIGNALS.getByName('dora');
  const clicks = Array.from({ length: RECENT_ACTIONS_MAX + 100 }, (_, index) => ({
    ...makeEvent('dora', 2),
    id: `click-${index}`,
    timestamp: NOW + index,
  }));
  const dismiss = { ...makeEvent('dora', 10), id: 'dismiss', itemId: 'x', timestamp: NOW };
  const like = { ...makeEvent('dora', 4), id: 'like', itemId: 'x', timestamp: NOW + 5_000 };
  expect([dismiss.type, like.type]).toEqual(['dismiss', 'like']);
  await dora.record([dismiss]);
  await dora.record(clicks);
  await dora.record([like]);
  for (let round = 0; round < 2; round++) {
    expect((await dora.record([{ ...dismiss, timestamp: NOW + 10_000 }])).ids).toEqual([]);
    expect((await dora.readUserState('dora')).user.dismissed).toEqual([]);
    await evictDurableObject(dora);
  }
});

it('bounds its state', async () => {
  const emil = env.USER_SIGNALS.getByName('emil');
  const log = makeLog('emil', 14_000);
  for (let from = 0; from < log.length; from += 100) await emil.record(log.slice(from, from + 100));
  const rows = await runInDurableObject(
    emil,
    (_, state) => state.storage.sql.exec('select count(*) as n from recent_events').one().n,
  );
  expect(rows).toBeGreaterThan(5_000);
  expect(rows).toBeLessThan(7_500);
  expect(comparable(await emil.snapshot())).toEqual(
    comparable(foldEvents(emptySignals(), log.map(toSignalEvent)).signals),
  );
});

it('keeps the newest marks, and stores no others', async () => {
  const nora = env.USER_SIGNALS.getByName('nora');
  const like = makeEvent('nora', EVENT_TYPES.indexOf('like'));
  const log = Array.from({ length: MARKS_MAX + 300 }, (_, index) => ({
    ...{ ...like, id: `like-${index}`, itemId: `game-${index}`, timestamp: NOW + index },
  }));
  // Old ones, liked again.
  for (let index = 0; index < 5; index++) log.push({ ...log[400 * index]!, id: `again-${index}`, timestamp: 2 * NOW });
  for (let from = 0; from < log.length; from += 100) await nora.record(log.slice(from, from + 100));
  const replayed = foldEvents(emptySignals(), log.map(toSignalEvent)).signals;
  const readRows = () =>
    runInDurableObject(nora, (_, { storage }) => storage.sql.exec('select count(*) as n from marks').one().n);
  expect(await readRows()).toBe(MARKS_MAX);
  await evictDurableObject(nora);
  expect(comparable(await nora.snapshot())).toEqual(comparable(replayed));
});

it('reads the log once for a player whose events came by import, and adds what arrives live', async () => {
  const log = makeLog('cleo', 700);
  await insertEvents(env.DB, log);
  const live = { ...makeEvent('cleo', 3), id: 'live', timestamp: NOW + 1 };

  const cleo = env.USER_SIGNALS.getByName('cleo');
  await cleo.record([live]);
  await cleo.readUserState('cleo');
  const replayed = foldEvents(emptySignals(), [...log, live].map(toSignalEvent)).signals;
  expect(comparable(await cleo.snapshot())).toEqual(comparable(replayed));

  // Later events reach the object directly; it does not read the log again.
  await insertEvents(env.DB, [{ ...makeEvent('cleo', 4), id: 'later' }]);
  await evictDurableObject(cleo);
  await cleo.readUserState('cleo');
  expect(comparable(await cleo.snapshot())).toEqual(comparable(replayed));
});

it('reads the log again after a reading that hung', async () => {
  const log = vi.spyOn(console, 'warn').mockImplementation(() => {});
  await insertEvents(env.DB, [makeEvent('jo', 2)]);
  const jo = env.USER_SIGNALS.getByName('jo');
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  await runInDurableObject(jo, async (object) => {
    Object.assign(object, { env: { ...env, ...HANGING_STORES, LOG_0: HANGING_STORES.DB } });
    const reads = Promise.all([object.readUserState('jo'), object.readUserState('jo')]);
    await vi.advanceTimersByTimeAsync(READ_MAX_MS);
    expect((await reads).map(({ complete }) => complete)).toEqual([false, false]);
    Object.assign(object, { env });
  });
  vi.useRealTimers();
  await expect.poll(async () => (await jo.readUserState('jo')).complete).toBe(true);
  expect((await jo.snapshot()).actions.map(({ id }) => id)).toEqual(['e2']);
  log.mockRestore();
});

it('retries until the gallery can be made', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  const fay = env.USER_SIGNALS.getByName('fay');
  await fay.readUserState('fay', EMPTY_CONTEXT);
  await fay.setPreferences(EMPTY_PREFERENCES);
  // There is no catalogue yet.
  await expect.poll(() => log.mock.calls.flat().join()).toContain('keeping the previous one');
  expect(await fay.backup()).toBeNull();
  const items = Array.from({ length: 60 }, (_, index) => createItem(index));
  for (const change of await putItems(env.DB, items)) isolate.catalogue.apply(change);
  await expect.poll(() => fay.backup()).not.toBeNull();
  expect((await fay.backup())!.rows.length).toBeGreaterThan(0);
  log.mockRestore();
});

const backupOf = (userId: string) => env.USER_SIGNALS.getByName(userId).backup();

it('makes a gallery after the first event that names an answer, although the request was forgotten', async () => {
  const gil = env.USER_SIGNALS.getByName('gil');
  await gil.readUserState('gil', EMPTY_CONTEXT);
  await evictDurableObject(gil);
  const click = { ...makeEvent('gil', 2), recommendationId: 'answer', country: 'CH', platform: 'windows' };
  await gil.record([click]);
  await expect.poll(() => backupOf('gil')).not.toBeNull();
  const stored = await runInDurableObject(gil, (_, state) =>
    state.storage.sql.exec("select body from documents where kind = 'lastRequest'").one(),
  );
  const context = { ...EMPTY_CONTEXT, country: 'CH', platform: 'windows' };
  expect(JSON.parse(stored.body as string)).toEqual({ userId: 'gil', context });
});

it('makes no gallery for players who never asked for one, unless the setting says so', async () => {
  const planned = async (userId: string) => {
    const user = env.USER_SIGNALS.getByName(userId);
    await user.record([makeEvent(userId, 2)]);
    return runInDurableObject(user, (_, state) =>
      state.storage.sql.exec("select body from documents where kind = 'schedule'").one(),
    );
  };
  expect(JSON.parse((await planned('hana')).body as string)).not.toHaveProperty('backup');

  const ivo = env.USER_SIGNALS.getByName('ivo');
  await runInDurableObject(ivo, (instance) => {
    Object.assign(instance, { env: { ...env, BACKUP_EVERYONE: 'on' } });
  });
  expect(JSON.parse((await planned('ivo')).body as string)).toHaveProperty('backup');
  await expect.poll(() => backupOf('ivo')).not.toBeNull();
});
