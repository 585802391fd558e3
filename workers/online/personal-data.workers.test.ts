// A player in every store is exported whole and erased from all of them, whenever a run dies, and does not come back.

import { createMessageBatch, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { expect, it, vi } from 'vitest';
import type { DeadLetterQueue } from '../../models/contracts/dead-letter.ts';
import type { ErasureReceipt } from '../../models/contracts/erasure.ts';
import { releaseKey } from '../../models/contracts/layout.ts';
import { EMPTY_PREFERENCES, Preferences } from '../../models/contracts/preferences.ts';
import type { BatchGallery } from '../../models/contracts/stored-gallery.ts';
import { BROKEN, breakAfter } from '../../tests/break-after.ts';
import { makeEvent } from '../../tests/event.ts';
import { endAllMerges } from '../../tests/merge.ts';
import { runAlarm } from '../../tests/run-alarm.ts';
import { makeSlate, toMessages } from '../../tests/slate.ts';
import { consumeDeadLetters } from '../nearline/dead-letters-consumer.ts';
import { consumeEvents } from '../nearline/events-consumer.ts';
import { consumeSlates } from '../nearline/slates-consumer.ts';
import { deliverNotifications } from '../nearline/webhooks.ts';
import { exportSnapshot } from '../offline/export-snapshot.ts';
import { eraseUsers } from '../personal-data/erase-users.ts';
import { openErasureRun, openStores } from '../personal-data/stores.ts';
import { storeDeadLetters, UNDELIVERED } from '../storage/dead-letters.ts';
import { beginErasure } from '../storage/erasures.ts';
import { insertEvents } from '../storage/events.ts';
import { writeBatchGalleries } from '../storage/galleries.ts';
import { writeGorseUsers } from '../storage/gorse-users.ts';
import { nameJobLease, withLease } from '../storage/leases.ts';
import { rollUpLog } from '../storage/roll-up.ts';
import { logAnswers } from '../storage/slates.ts';
import { readSnapshotManifest, toSnapshotVersion } from '../storage/snapshots.ts';
import { makeSecret } from '../storage/subscriptions.ts';
import { reportUnlogged } from '../storage/unlogged-users.ts';
import { writePreferences } from '../storage/users.ts';

const EMPTY_GALLERY: BatchGallery = {
  recommendationId: 'made-in-bulk',
  generatedAt: '2026-01-01T00:00:00Z',
  release: null,
  dataUntil: null,
  rows: [],
  ownedOrPlayed: [],
  dismissed: [],
  ageLimit: null,
};

const ask = (method: string, path: string, body?: object) =>
  exports.default.fetch(`http://edge${path}`, {
    method,
    headers: { 'content-type': 'application/json', authorization: 'Bearer test-admin' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

interface Line {
  store: string;
  [column: string]: unknown;
}

async function exportLines(userId: string): Promise<Line[]> {
  const response = await ask('GET', `/v1/users/${userId}/export`);
  expect(response.headers.get('content-type')).toBe('application/x-ndjson');
  const lines = (await response.text()).trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Line);
}
const countByStore = (lines: readonly Line[]) =>
  Object.fromEntries([...Map.groupBy(lines, ({ store }) => store)].map(([store, own]) => [store, own.length]));
const nothing = [{ store: 'export', complete: true, rows: 0 }];

const PREFERENCES = Preferences.parse({ genres: ['Puzzle'] });

let letters = 0;

/** Puts a player, whose guest was merged, into every store. */
async function fill(userId: string): Promise<void> {
  const guest = `guest-of-${userId}`;
  const at = Date.now() - 1_000;
  const events = [1, 2, 3].map((index) => makeEvent(userId, 'play', `g${index}`, at + index));
  const asGuest = [makeEvent(guest, 'click', 'g9', at)];
  await insertEvents(env.DB, [...events, ...asGuest]);
  const inserted = [userId, guest, 'bystander'].map((id) => ({
    ...{ userId: id, labels: [`label of ${id}`], subscribe: null, comment: '' },
  }));
  await writeGorseUsers(env.DB, inserted, at);
  await env.USER_SIGNALS.getByName(guest).record(asGuest);
  await env.USER_SIGNALS.getByName(userId).record(events);
  expect((await ask('POST', `/v1/users/${userId}/merge`, { from: guest })).status).toBe(200);
  await runAlarm(env.USER_SIGNALS.getByName(guest));
  await endAllMerges(env);
  await writePreferences(env.DB, userId, PREFERENCES, at);
  await env.USER_SIGNALS.getByName(userId).setPreferences(PREFERENCES);
  await rollUpLog(env.DB);
  await env.DB.batch([
    env.DB.prepare(
      "insert into archived_marks (user_id, item_id, type, id, timestamp) values (?1, 'g0', 'play', 'm', ?2)",
    ).bind(userId, at),
    env.DB.prepare('insert into batch_galleries (user_id, body, computed_at) values (?1, ?2, ?3)').bind(
      userId,
      '{}',
      at,
    ),
    env.DB.prepare('insert into unlogged_users (user_id, oldest_at, events) values (?1, ?2, 1)').bind(userId, at),
    env.DB.prepare("insert into exposures (experiment_id, user_id, body, at) values ('e', ?1, '{}', ?2)").bind(
      userId,
      at,
    ),
    env.DB.prepare("insert into experiment_users (experiment_id, user_id, totals) values ('e', ?1, '{}')").bind(userId),
  ]);
  const log = (id: string) =>
    logAnswers(
      env.DB,
      env.BUCKET,
      toMessages([userId, 'bystander'].map((owner) => makeSlate(`${id}-${owner}`, owner, at))),
      1e9,
      at,
    );
  await log('archived');
  await insertEvents(env.DB, [makeEvent('bystander', 'play', 'g1', at, { id: crypto.randomUUID() })]);
  await exportSnapshot(env, at);
  await log('batch');
  const letter = (queue: DeadLetterQueue, body: unknown, reason: string) => ({
    id: `${queue}-${letters++}`,
    queue,
    body: JSON.stringify(body),
    reason,
    receivedAt: at,
  });
  const notification = { id: 'n', type: 'gallery.ready', timestamp: new Date(at).toISOString(), data: { userId } };
  await storeDeadLetters(env.DB, [
    letter('events', [...events, makeEvent('bystander', 'play', 'g1', at)], 'failed too often'),
    letter('slates', { answers: [{ slate: makeSlate('letter', userId, at) }], counts: [] }, 'failed too often'),
    // A list's answer has no slate; the other player's exposure stays.
    letter(
      'slates',
      { answers: [{ slate: null, exposures: [userId, 'bystander'].map((one) => ({ userId: one, at })) }], counts: [] },
      'failed too often',
    ),
    letter('notifications', { subscriptionId: 's', notification }, UNDELIVERED),
  ]);
}

const IN_EVERY_STORE = {
  preferences: 1,
  object: expect.any(Number),
  log: 4,
  'archived-marks': 1,
  // The row in the first database, which also holds the small data, has the preferences.
  'last-seen': 0,
  exposures: 1,
  experiments: 1,
  unlogged: 1,
  // Only the player's own row: the guest's is dropped.
  'gorse-users': 1,
  'batch-gallery': 1,
  counts: 4,
  merges: 1,
  'dead-letters': 6,
  slates: 1,
  'archived-log': 4,
  'archived-slates': 1,
  'archived-merges': 1,
};

it('exports a player who is in every store, and ends with a line that says that nothing is missing', async () => {
  await fill('ann');
  const lines = await exportLines('ann');
  const { store, complete, rows } = lines.pop()!;
  expect({ store, complete, rows }).toEqual({ store: 'export', complete: true, rows: lines.length });
  const held = Object.entries(IN_EVERY_STORE).filter(([, rows]) => rows !== 0);
  expect(countByStore(lines)).toMatchObject(Object.fromEntries(held));
  // Every store has an entry here.
  expect(openStores(env).map(({ name }) => name)).toEqual(Object.keys(IN_EVERY_STORE));
  expect(lines).toContainEqual(expect.objectContaining({ store: 'log', user_id: 'ann', item_id: 'g1' }));
  expect(JSON.stringify(lines)).not.toContain('bystander');
  expect(await exportLines('nobody')).toEqual(nothing);
});

/** Begins an erasure without its first run. */
const begin = (userId: string) => beginErasure(env.DB, [env.LOG_0], userId, Date.now());
const run = () => eraseUsers(openErasureRun(env));
const receiptOf = async (erasureId: string) =>
  (await (await ask('GET', `/v1/erasures/${erasureId}`)).json()) as ErasureReceipt;

it('erases the player from every store, and the receipt says so without naming them', async () => {
  await fill('beatrix');
  const countBystanders = () =>
    env.DB.prepare("select count(*) as n from dead_letters where body like '%bystander%'").first('n');
  const bystanders = await countBystanders();
  const { socket, closed } = await listen('beatrix');
  const response = await ask('DELETE', '/v1/users/beatrix');
  expect(response.status).toBe(202);
  const begun = (await response.json()) as ErasureReceipt;
  expect(response.headers.get('location')).toBe(`/v1/erasures/${begun.erasureId}`);
  await expect.poll(() => receiptOf(begun.erasureId)).toMatchObject({ state: 'done' });
  const receipt = await receiptOf(begun.erasureId);
  for (const [store, rows] of Object.entries(IN_EVERY_STORE))
    expect(receipt.stores).toContainEqual({ store, state: 'done', rows, at: expect.any(String) });
  expect(receipt.release).toBeNull();
  await closed;
  expect(socket.readyState).toBe(WebSocket.READY_STATE_CLOSED);

  expect(await exportLines('beatrix')).toEqual(nothing);
  expect(await exportLines('guest-of-beatrix')).toEqual(nothing);
  // No table of D1 has the id any more, receipts and the list of erased players included.
  for (const { key } of (await env.BUCKET.list()).objects) {
    const bytes = await (await env.BUCKET.get(key))!.arrayBuffer();
    expect(Buffer.from(bytes).toString('latin1'), key).not.toContain('beatrix');
  }
  for (const table of await listTables()) {
    const { results } = await env.DB.prepare(`select * from ${table}`).all();
    expect(JSON.stringify(results), table).not.toContain('beatrix');
  }
  // The other player of the same dead letter keeps what is theirs.
  expect(await countBystanders()).toBe(bystanders);
});

it('does not bring the player back: queues, an old import, a merge, the object as it wakes', async () => {
  await fill('cleo');
  const old = Date.now();
  const { requestedAt } = await begin('cleo');
  await run();
  const message = (body: unknown) => [{ id: 'm', timestamp: new Date(old), attempts: 1, body }];
  const past = makeEvent('cleo', 'play', 'late', requestedAt, { id: 'late' });
  const ofGuest = makeEvent('guest-of-cleo', 'play', 'late', requestedAt, { id: 'late' });
  await consumeEvents(createMessageBatch('events', message([past, ofGuest])), env, [env.LOG_0]);
  await insertEvents(env.DB, [{ ...past, id: 'imported', timestamp: 946_684_800_000, receivedAt: Date.now() + 1_000 }]);
  await consumeSlates(createMessageBatch('slates', message(makeSlate('late', 'cleo', requestedAt))), env);
  await consumeDeadLetters(createMessageBatch('events-dead-letters', message([past])), env.DB, 'events');
  const notification = { id: 'n', type: 'gallery.ready', timestamp: new Date(requestedAt).toISOString() };
  const delivery = { subscriptionId: 's', notification: { ...notification, data: { userId: 'cleo' } } };
  await consumeDeadLetters(
    createMessageBatch('notifications-dead-letters', message(delivery)),
    env.DB,
    'notifications',
  );
  // The object takes nothing from before, whoever sends it.
  const object = env.USER_SIGNALS.getByName('cleo');
  expect((await object.record([past])).ids).toEqual([]);
  expect((await object.readUserState('cleo')).user.played).toEqual([]);
  expect(await exportLines('cleo')).toEqual(nothing);

  // A guest who is merged afterwards brings nothing from before either.
  await insertEvents(env.DB, [makeEvent('later-guest', 'play', 'before', requestedAt - 5)]);
  expect((await ask('POST', '/v1/users/cleo/merge', { from: 'later-guest' })).status).toBe(200);
  expect((await object.readUserState('cleo')).user.played).toEqual([]);
  await endAllMerges(env);
  expect(countByStore(await exportLines('cleo'))).not.toHaveProperty('log');
});

it('brings nothing back between its steps, whichever the object wakes or a gallery is computed after', async () => {
  await fill('hal');
  const at = Date.now();
  await begin('hal');
  const own = () => openStores(env).map((store) => store.countRows(['hal', 'guest-of-hal'], at));
  for (const { name, eraseRows, countRows } of openStores(env)) {
    while (!(await eraseRows(['hal', 'guest-of-hal'], at)));
    await disturb('hal');
    expect(await countRows(['hal', 'guest-of-hal'], at), name).toBe(0);
  }
  expect(await Promise.all(own())).toEqual(openStores(env).map(() => 0));
  const { user } = await env.USER_SIGNALS.getByName('hal').readUserState('hal');
  expect(user.preferences.genres).toEqual([]);
  await run();
  expect(await exportLines('hal')).toEqual(nothing);
  // Computed from the log as it was before the erasure was finished.
  await writeBatchGalleries(env.DB, [{ userId: 'hal', gallery: EMPTY_GALLERY }], at + 1);
  expect(await exportLines('hal')).toEqual(nothing);
  await writeBatchGalleries(env.DB, [{ userId: 'hal', gallery: EMPTY_GALLERY }], Date.now() + 1);
  expect(countByStore(await exportLines('hal'))).toMatchObject({ 'batch-gallery': 1 });
});

it('finds what an object still holds, and erases it when it is asked again', async () => {
  await fill('ivo');
  const { erasureId, requestedAt } = await begin('ivo');
  const object = env.USER_SIGNALS.getByName('ivo');
  const held = openStores(env).find(({ name }) => name === 'object')!;
  await held.eraseRows(['ivo'], requestedAt);
  expect(await held.countRows(['ivo'], requestedAt)).toBe(0);
  await runInDurableObject(object, (_, { storage }) => {
    storage.sql.exec("insert into marks (item_id, kind, timestamp) values ('g1', 'play', ?)", requestedAt);
    // Copied from D1, which does not store the time.
    storage.sql.exec("insert into documents (kind, body) values ('preferences', '{}')");
    storage.sql.exec("insert into documents (kind, body, written_at) values ('later', '{}', ?)", requestedAt + 1);
  });
  expect(await held.countRows(['ivo'], requestedAt)).toBe(2);
  await run();
  expect(await receiptOf(erasureId)).toMatchObject({ state: 'done' });
  expect(await held.countRows(['ivo'], Number.MAX_SAFE_INTEGER)).toBe(0);
});

it('withdraws a report of unlogged events that an erasure has met', async () => {
  const { requestedAt } = await begin('ida');
  const object = env.USER_SIGNALS.getByName('ida');
  // Creates the tables.
  await object.setPreferences(EMPTY_PREFERENCES);
  await runInDurableObject(object, (_, { storage }) => {
    storage.sql.exec(`insert into documents (kind, body) values ('reportedAs', '"ida"')`);
  });
  await run();
  // It arrives only now.
  await reportUnlogged(env.DB, 'ida', { events: 1, oldestAt: requestedAt + 1 });
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(Date.now() + 60_000);
  await runDurableObjectAlarm(object);
  vi.useRealTimers();
  const reported = () => env.DB.prepare("select 1 from unlogged_users where user_id = 'ida'").raw();
  await expect.poll(reported).toEqual([]);
  await expect.poll(() => exportLines('ida')).toEqual(nothing);
});

it('keeps the counts of what came after the request, and finds a player by open days', async () => {
  const at = Date.now() - 1_000;
  await insertEvents(env.DB, [makeEvent('jo', 'play', 'g1', at), makeEvent('jo', 'like', 'g1', at, { id: 'liked' })]);
  const { requestedAt } = await begin('jo');
  await insertEvents(env.DB, [makeEvent('jo', 'like', 'anew', requestedAt + 1)]);
  await rollUpLog(env.DB);
  await run();
  await rollUpLog(env.DB);
  const facts = await env.DB.prepare("select item_id, type from player_facts where user_id = 'jo'").raw();
  expect(facts).toEqual([['anew', 'like']]);
  expect(await env.DB.prepare("select votes, sum from item_ratings where item_id = 'anew'").raw()).toHaveLength(1);
  expect((await exportLines('jo')).filter(({ store }) => store === 'counts')).toHaveLength(1);

  const queries: string[] = [];
  const prepare = (sql: string) => {
    queries.push(sql);
    return env.DB.prepare(sql);
  };
  const watched = { prepare } as unknown as D1Database;
  const counts = openStores({ ...env, DB: watched, LOG_0: watched }).find(({ name }) => name === 'counts')!;
  for await (const _ of counts.readRows(['jo'], requestedAt));
  await counts.countRows(['jo'], requestedAt);
  expect(queries.filter((sql) => sql.includes('player_days'))).toHaveLength(2);
  for (const sql of queries) {
    const { results } = await env.DB.prepare(`explain query plan ${sql}`)
      .bind('[]', 1, ...(sql.includes('?3') ? [9] : []))
      .all();
    expect(JSON.stringify(results)).not.toMatch(/SCAN player_/);
  }
});

it('runs one erasure for each request, under the lease of the job', async () => {
  const waiting = await begin('kim');
  const request = async (userId: string) =>
    ((await (await ask('DELETE', `/v1/users/${userId}`)).json()) as ErasureReceipt).erasureId;
  const done = await request('leo');
  await expect.poll(() => receiptOf(done)).toMatchObject({ state: 'done' });
  expect((await receiptOf(waiting.erasureId)).stores[0]!.state).toBe('waiting');
  const refused = await withLease(env.DB, nameJobLease('erase-users'), async () => {
    const erasureId = await request('mia');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    return erasureId;
  });
  expect((await receiptOf(refused!.result)).stores[0]!.state).toBe('waiting');
  await run();
  for (const erasureId of [waiting.erasureId, refused!.result])
    expect(await receiptOf(erasureId)).toMatchObject({ state: 'done' });
});

it('does not rewrite batches of slates while an export takes them', async () => {
  const at = Date.now();
  const messages = toMessages([makeSlate('of-ned', 'ned', at), makeSlate('of-bystander', 'other', at)]);
  await logAnswers(env.DB, env.BUCKET, messages, 1e9, at);
  const slates = openStores(env).find(({ name }) => name === 'slates')!;
  await withLease(env.DB, nameJobLease('export-snapshot'), async () => {
    expect(await slates.eraseRows(['ned'], at)).toBe(false);
    expect(await slates.countRows(['ned'], at)).toBe(1);
  });
  expect(await slates.eraseRows(['ned'], at)).toBe(true);
  expect(await slates.countRows(['ned'], at)).toBe(0);
});

it('moves nothing from before an erasure with a guest who is merged afterwards, and all that came later', async () => {
  const before = Date.now() - 1_000;
  const { requestedAt } = await begin('olga');
  await run();
  const after = requestedAt + 1;
  const fillGuest = async (guest: string, at: number) => {
    const [play, like] = [`${guest}-played`, `${guest}-liked`];
    await insertEvents(env.DB, [
      makeEvent(guest, 'play', play, at, { id: `${guest}-1` }),
      makeEvent(guest, 'like', like, at, { id: `${guest}-2` }),
    ]);
    await writeGorseUsers(env.DB, [{ userId: guest, labels: [guest], subscribe: null, comment: '' }], at);
    await rollUpLog(env.DB);
    await env.DB.batch([
      env.DB.prepare(
        "insert into archived_marks (user_id, item_id, type, id, timestamp) values (?1, ?2, 'play', 'm', ?3)",
      ).bind(guest, play, at),
      env.DB.prepare('insert or replace into users (user_id, last_event_at, preferences) values (?1, ?2, ?3)').bind(
        guest,
        at,
        JSON.stringify(PREFERENCES),
      ),
    ]);
  };
  await fillGuest('early', before);
  await fillGuest('late', after);
  for (const guest of ['early', 'late'])
    expect((await ask('POST', '/v1/users/olga/merge', { from: guest })).status).toBe(200);
  await endAllMerges(env);
  const lines = await exportLines('olga');
  // The guest's object says whom it became.
  const text = JSON.stringify(lines.filter(({ store, table }) => store !== 'merges' && table !== 'documents'));
  expect(text).not.toContain('early');
  expect(countByStore(lines)).toMatchObject({ log: 2, 'archived-marks': 1, counts: 2, 'last-seen': 1, merges: 2 });
  expect(lines).toContainEqual(expect.objectContaining({ store: 'gorse-users', user_id: 'olga', labels: '["late"]' }));
});

it('drops the preferences of a guest who was exported before the erasure and is imported after it', async () => {
  const importAround = async (userId: string, exportedWhen: 'before' | 'after') => {
    const guest = env.USER_SIGNALS.getByName(`guest-of-${userId}`);
    const exportGuest = async () => {
      await guest.setPreferences(PREFERENCES);
      return guest.exportUser(userId);
    };
    const early = exportedWhen === 'before' ? await exportGuest() : undefined;
    await begin(userId);
    await run();
    const player = env.USER_SIGNALS.getByName(userId);
    await player.importUser(userId, 'guest', early ?? (await exportGuest()));
    return (await player.readUserState(userId)).user.preferences.genres;
  };
  expect(await importAround('pia', 'before')).toEqual([]);
  expect(await importAround('quin', 'after')).toEqual(PREFERENCES.genres);
});

it('does not notify subscribers of an erased player', async () => {
  const { requestedAt } = await begin('notified');
  await env.DB.prepare(
    `insert into subscriptions (subscription_id, url, events, secret, created_at, failures)
     values ('sub', 'https://example.com', '[]', ?1, 0, 0)`,
  )
    .bind(makeSecret())
    .run();
  const sent: string[] = [];
  const deliver = (userId: string, at: number) => {
    const timestamp = new Date(at).toISOString();
    const data = { userId, recommendationId: 'r', generatedAt: timestamp, release: null };
    const body = { subscriptionId: 'sub', notification: { id: 'n', type: 'gallery.ready', timestamp, data } };
    const batch = createMessageBatch('notifications', [{ id: 'm', timestamp: new Date(at), attempts: 1, body }]);
    return deliverNotifications(batch, env.DB, async (_, init) => {
      sent.push(String(init.body));
      return new Response();
    });
  };
  await deliver('notified', requestedAt);
  expect(sent).toEqual([]);
  await deliver('notified', requestedAt + 1);
  expect(sent).toHaveLength(1);
  await run();
});

it('lets an id be used again, even while its erasure runs', async () => {
  await fill('dora');
  const { erasureId, requestedAt } = await begin('dora');
  const anew = makeEvent('dora', 'play', 'anew', requestedAt + 1, { id: 'anew' });
  await env.USER_SIGNALS.getByName('dora').record([anew]);
  await insertEvents(env.DB, [anew]);
  await run();
  expect(await receiptOf(erasureId)).toMatchObject({ state: 'done' });
  const played = async () => (await env.USER_SIGNALS.getByName('dora').readUserState('dora')).user.played;
  await expect.poll(played).toEqual(['anew']);
  expect((await exportLines('dora')).filter(({ store }) => store === 'log')).toHaveLength(1);
});

it('answers the running erasure again, refuses merges meanwhile, and erases no guest who is a player now', async () => {
  await fill('emil');
  const { erasureId } = await begin('emil');
  expect((await begin('emil')).erasureId).toBe(erasureId);
  for (const [from, to] of [
    ['emil', 'other'],
    ['other', 'emil'],
  ])
    expect((await ask('POST', `/v1/users/${to}/merge`, { from })).status).toBe(409);
  const refused = await ask('DELETE', '/v1/users/guest-of-emil');
  expect(refused.status).toBe(409);
  expect(await refused.text()).toContain('“emil”');
  await run();
  expect((await begin('emil')).erasureId).not.toBe(erasureId);
  await run();
  // An unknown player is erased as well: events may be under way.
  const unknown = await ask('DELETE', '/v1/users/nobody');
  expect(unknown.status).toBe(202);
  const { erasureId: id } = (await unknown.json()) as ErasureReceipt;
  await expect.poll(() => receiptOf(id)).toMatchObject({ state: 'done' });
  expect((await ask('GET', `/v1/erasures/${crypto.randomUUID()}`)).status).toBe(404);
  expect((await ask('GET', '/v1/erasures/nonsense')).status).toBe(400);
});

it('names the first release whose models were all trained without the player', async () => {
  await fill('gil');
  const { erasureId } = await begin('gil');
  await run();
  const { version } = (await readSnapshotManifest(env.BUCKET))!;
  const later = toSnapshotVersion(Date.now() + 60_000);
  const publish = (release: string, snapshot: string, ranking: object | null) =>
    env.BUCKET.put(releaseKey(release, 'manifest.json'), JSON.stringify({ data: { snapshot }, ranking }));
  const before = '20000101T000000000Z';
  await publish('20000101T000000Z-a', before, null);
  // Published after the erasure, but trained on a snapshot from before it.
  await publish('29990101T000000Z-a', before, null);
  // Its ranking model is one that an earlier release had, or is too old to say.
  await publish('29990102T000000Z-b', version, { snapshot: before });
  await publish('29990103T000000Z-c', version, {});
  expect(await receiptOf(erasureId)).toMatchObject({ state: 'done', release: null });
  await publish('29990104T000000Z-d', version, { snapshot: version });
  await publish('29990105T000000Z-e', later, null);
  expect(await receiptOf(erasureId)).toMatchObject({ release: '29990104T000000Z-d' });
});

it('names no release that was trained before the erasure of a player who was in no file', async () => {
  await insertEvents(env.DB, [makeEvent('uma', 'play', 'g1', Date.now() - 1_000)]);
  const { version } = (await readSnapshotManifest(env.BUCKET))!;
  const { erasureId } = await begin('uma');
  await run();
  const release = '29980101T000000Z-a';
  await env.BUCKET.put(
    releaseKey(release, 'manifest.json'),
    JSON.stringify({ data: { snapshot: version }, ranking: null }),
  );
  expect((await receiptOf(erasureId)).release).not.toBe(release);
  expect((await readSnapshotManifest(env.BUCKET))!.version > version).toBe(true);
});

it('continues a run that dies after any of its writes, and the receipt has the whole numbers', async () => {
  await fill('fay');
  const { erasureId } = await begin('fay');
  let deaths = 0;
  let writes = 1;
  let before = '';
  for (;;) {
    try {
      await eraseUsers(openErasureRun(breakAfter(env, writes)));
      break;
    } catch (error) {
      expect((error as Error).message).toBe(BROKEN);
      deaths++;
    }
    // A run that dies after its last write has finished: later data from others stays.
    if ((await receiptOf(erasureId)).state === 'running') await disturb('fay');
    // Every state that a write leaves is one in which a run has died: the next dies at its first new write.
    const after = JSON.stringify(await receiptOf(erasureId));
    writes = after === before ? writes + 1 : 1;
    before = after;
  }
  const receipt = await receiptOf(erasureId);
  expect(receipt.state).toBe('done');
  expect(Object.fromEntries(receipt.stores.map(({ store, rows }) => [store, rows]))).toEqual(IN_EVERY_STORE);
  expect(deaths).toBeGreaterThan(3 * receipt.stores.length);
  const { user } = await env.USER_SIGNALS.getByName('fay').readUserState('fay');
  expect(user.preferences.genres).toEqual([]);
  expect(await exportLines('fay')).toEqual(nothing);
});

/** Other work on a player between the steps of an erasure: a gallery request, and jobs. */
async function disturb(userId: string): Promise<void> {
  const now = Date.now();
  await rollUpLog(env.DB);
  const { user } = await env.USER_SIGNALS.getByName(userId).readUserState(userId);
  const gallery = { ...EMPTY_GALLERY, ownedOrPlayed: user.played };
  await writeBatchGalleries(env.DB, [{ userId, gallery }], now);
}

async function listTables(): Promise<string[]> {
  const { results } = await env.DB.prepare(
    `select name from sqlite_master where type = 'table' and name not glob 'sqlite*' and name not glob '_cf*'`,
  ).all<{ name: string }>();
  return results.map(({ name }) => name);
}

async function listen(userId: string) {
  const response = await exports.default.fetch(`http://edge/v1/users/${userId}/stream`, {
    headers: { authorization: 'Bearer test-admin', upgrade: 'websocket' },
  });
  const socket = response.webSocket!;
  socket.accept();
  const closed = new Promise<void>((resolve) =>
    socket.addEventListener('close', () => {
      socket.close();
      resolve();
    }),
  );
  return { socket, closed };
}
