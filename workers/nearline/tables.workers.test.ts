import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

const call = (path: string, headers: Record<string, string> = {}) =>
  exports.default.fetch(`http://edge${path}`, { headers: { authorization: 'Bearer test-admin', ...headers } });

const post = (path: string, body: object) =>
  exports.default.fetch(`http://edge${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer test-admin', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

const readStorage = (userId: string) =>
  runInDurableObject(env.USER_SIGNALS.getByName(userId), async (_, { storage }) => ({
    tables: [...storage.sql.exec("select name from sqlite_master where type = 'table'").raw()].flat(),
    bytes: storage.sql.databaseSize,
    alarm: await storage.getAlarm(),
  }));
// In the future: the alarm that a test reads must not have run.
beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2100, 0, 1) }));
afterAll(() => void vi.useRealTimers());

/** The first page, which SQLite itself writes. */
const EMPTY_FILE_BYTES = 4_096;
const NOTHING = { tables: [], bytes: EMPTY_FILE_BYTES, alarm: null };

it('stores nothing for an unknown id, whatever is read', async () => {
  for (const path of [
    'gallery?deadlineMs=5000',
    'recommendations',
    'signals',
    'preferences',
    'export',
    'search?q=x&record=false',
  ])
    expect((await (await call(`/v1/users/unknown/${path}`)).text()).length, path).toBeGreaterThan(0);
  const stream = await call('/v1/users/unknown/stream', { accept: 'text/event-stream' });
  expect(stream.status).toBe(200);
  await stream.body!.cancel();
  expect(await readStorage('unknown')).toEqual(NOTHING);

  await evictDurableObject(env.USER_SIGNALS.getByName('unknown'));
  await call('/v1/users/unknown/gallery?deadlineMs=5000');
  expect(await readStorage('unknown')).toEqual(NOTHING);
});

it('creates its tables with the first event, and then makes a gallery for a player who has requested one', async () => {
  await call('/v1/users/new-player/gallery?platform=windows&deadlineMs=5000');
  expect(await readStorage('new-player')).toEqual(NOTHING);
  const event = { id: '1', userId: 'new-player', type: 'click', itemId: 'x' };
  expect((await post('/v1/events', { events: [event] })).status).toBe(202);
  const { tables, bytes, alarm } = await readStorage('new-player');
  expect(tables).toContain('recent_events');
  expect(bytes).toBeGreaterThan(EMPTY_FILE_BYTES);
  expect(alarm).toBeLessThan(Date.now() + 2_000);
  const object = env.USER_SIGNALS.getByName('new-player');
  await evictDurableObject(object);
  expect((await object.snapshot()).actions.map(({ id }) => id)).toEqual(['1']);
  const documents = await runInDurableObject(object, (_, { storage }) => [
    ...storage.sql.exec("select body->>'context'->>'platform' from documents where kind = 'lastRequest'").raw(),
  ]);
  expect(documents).toEqual([['windows']]);
});

it('makes a gallery for a listener who never requested one, also after hibernation', async () => {
  const response = await call('/v1/users/listener/stream', { upgrade: 'websocket' });
  response.webSocket!.accept();
  expect(await readStorage('listener')).toEqual(NOTHING);
  await evictDurableObject(env.USER_SIGNALS.getByName('listener'));
  await post('/v1/events', { events: [{ id: '1', userId: 'listener', type: 'click', itemId: 'x' }] });
  expect((await readStorage('listener')).alarm).toBeLessThan(Date.now() + 2_000);
  response.webSocket!.close();
});
