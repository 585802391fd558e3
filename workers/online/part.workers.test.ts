// Parting a guest from its player: who has which data afterwards, in the objects, the log, statistics and exports.

import { runInDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { afterEach, expect, it, vi } from 'vitest';
import type { UserState } from '../../models/contracts/signals.ts';
import { mergedEventPrefix } from '../../models/features/signals.ts';
import { makeEvent } from '../../tests/event.ts';
import { fakeObject } from '../../tests/fake-object.ts';
import { endAllMerges } from '../../tests/merge.ts';
import { runAlarm } from '../../tests/run-alarm.ts';
import { runJobs } from '../offline/jobs.ts';
import { completeParting } from '../personal-data/merges.ts';
import { insertEvents } from '../storage/events.ts';
import { exportMerges } from '../storage/export-merges.ts';
import { beginParting, MERGE_OPEN_DAYS, openSince } from '../storage/merges.ts';
import { readPlayerMarks, readPlayers } from '../storage/player-log.ts';
import { rollUpLog } from '../storage/roll-up.ts';
import { deleteMerge, type PartSteps } from './part.ts';

const DAY_MS = 86_400_000;
afterEach(() => void vi.useRealTimers());

async function call(method: string, path: string, body?: object, bearer = 'test-admin') {
  const response = await exports.default.fetch(`http://edge${path}`, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: Buffer.from(await response.arrayBuffer()).toString() };
}
const merge = async (from: string, to: string) =>
  expect((await call('POST', `/v1/users/${to}/merge`, { from })).status).toBe(200);
const part = async (guest: string, userId: string, bearer = 'test-admin') =>
  (await call('DELETE', `/v1/users/${userId}/merges/${guest}`, undefined, bearer)).status;
/** The status of a problem, otherwise the guests' ids. */
const listGuests = async (userId: string, bearer?: string) => {
  const { status, text } = await call('GET', `/v1/users/${userId}/merges`, undefined, bearer);
  return status === 200 ? JSON.parse(text).merges.map(({ guestId }: { guestId: string }) => guestId) : status;
};
const send = async (userId: string, type: string, itemId: string, id = `${type}-${itemId}`) => {
  const answer = await call('POST', '/v1/events', { events: [{ id, userId, type, itemId }] });
  expect(answer.text).toContain('"accepted"');
};
const read = async (userId: string): Promise<UserState> =>
  JSON.parse((await call('GET', `/v1/users/${userId}/signals`)).text);
const owned = async (userId: string) => (await read(userId)).owned.toSorted();
const logOf = async (userId: string) =>
  (await env.DB.prepare('select id from events where user_id = ?1 order by id').bind(userId).raw<[string]>()).flat();
const exportOf = async (userId: string) => (await call('GET', `/v1/users/${userId}/export`)).text;

it('gives each their own events, from before and after the merge, in every store', async () => {
  const old = Date.now() - 40 * DAY_MS;
  await env.DB.prepare(
    `insert into archived_marks (user_id, item_id, type, id, timestamp) values
       ('visitor', 'old', 'purchase', 'v', ?1), ('ann', 'old', 'purchase', 'a', ?2),
       ('visitor', 'older', 'play', 'p', ?1)`,
  )
    .bind(old, old + 1)
    .run();
  await call('PUT', '/v1/users/visitor/preferences', { genres: ['Racing'] });
  // Both used the same event ids, and bought the same game.
  await send('visitor', 'purchase', 'both');
  await send('visitor', 'like', 'liked-by-visitor');
  await send('ann', 'purchase', 'both');
  await send('ann', 'purchase', 'bought-by-ann');
  const before = { visitor: await read('visitor'), ann: await read('ann') };
  expect(before.visitor.owned.toSorted()).toEqual(['both', 'old']);

  await merge('visitor', 'ann');
  await send('ann', 'purchase', 'ann-later');
  await send('visitor', 'purchase', 'visitor-later');
  expect(await owned('ann')).toEqual(['ann-later', 'both', 'bought-by-ann', 'old', 'visitor-later']);
  const merged = await read('ann');
  expect([merged.liked, merged.preferences.genres]).toEqual([['liked-by-visitor'], ['Racing']]);
  expect(await read('visitor')).toMatchObject({ owned: [], history: [] });
  expect(await exportOf('ann')).toContain('visitor-later');
  expect((await call('GET', '/v1/users')).text).not.toContain('visitor');
  await expect.poll(() => logOf('visitor')).toHaveLength(3);
  await expect.poll(() => logOf('ann')).toHaveLength(3);

  expect(await part('visitor', 'ann')).toBe(204);
  expect(await part('visitor', 'ann')).toBe(404);
  expect(await owned('visitor')).toEqual(['both', 'old', 'visitor-later']);
  expect(await owned('ann')).toEqual(['ann-later', 'both', 'bought-by-ann', 'old']);
  expect(await read('visitor')).toMatchObject({ liked: ['liked-by-visitor'], preferences: { genres: ['Racing'] } });
  expect(await read('visitor')).toMatchObject({ played: ['older'] });
  expect(await read('ann')).toMatchObject({ liked: [], played: [], preferences: { genres: [] } });
  for (const [userId, others] of [
    ['ann', /visitor|Racing/],
    ['visitor', /ann/],
  ] as const)
    expect(await exportOf(userId), userId).not.toMatch(others);
  const { events, preferences } = await readPlayers(env.DB, [env.LOG_0], ['ann']);
  expect(events.map(({ itemId }) => itemId)).not.toContain('liked-by-visitor');
  expect(preferences.size).toBe(0);
  await rollUpLog(env.DB);
  const facts = await env.DB.prepare(
    "select user_id, item_id from player_facts where user_id in ('ann', 'visitor') order by 1, 2",
  ).raw();
  expect(facts).toEqual([
    ...['ann-later', 'both', 'bought-by-ann'].map((itemId) => ['ann', itemId]),
    ...['both', 'liked-by-visitor', 'visitor-later'].map((itemId) => ['visitor', itemId]),
  ]);
  // Training sees two players, and neither is merged again by the job.
  expect(await exportMerges(env.DB, env.BUCKET, Date.now())).toBe(0);
  await endAllMerges(env);
  expect(await logOf('visitor')).toHaveLength(3);

  // Later events belong to each, and the two may be merged again.
  await send('visitor', 'purchase', 'visitor-last');
  expect(await owned('ann')).not.toContain('visitor-last');
  await merge('visitor', 'ann');
  expect(await owned('ann')).toContain('visitor-last');
});

it('reads an open guest’s log wherever the player’s is read', async () => {
  const now = Date.now();
  await insertEvents(env.DB, [
    makeEvent('first', 'purchase', 'a', now - 3),
    makeEvent('second', 'purchase', 'b', now - 2),
    makeEvent('third', 'purchase', 'c', now - 1),
  ]);
  await merge('first', 'second');
  await merge('second', 'third');
  const listItems = (events: readonly { userId: string; itemId: string | null }[]) =>
    [...new Set(events.map(({ userId, itemId }) => `${userId} ${itemId}`))].toSorted();
  const all = ['third a', 'third b', 'third c'];
  expect(listItems(await readPlayerMarks(env.DB, [env.LOG_0], 'third'))).toEqual(all);
  expect(listItems((await readPlayers(env.DB, [env.LOG_0], ['third'])).events)).toEqual(all);
  expect(await owned('third')).toEqual(['a', 'b', 'c']);
  await send('first', 'purchase', 'd');
  expect(await owned('third')).toEqual(['a', 'b', 'c', 'd']);

  // The outer merge is parted first.
  expect([await listGuests('second'), await listGuests('third')]).toEqual([[], ['second']]);
  expect(await part('first', 'second')).toBe(409);
  expect(await part('first', 'third')).toBe(404);
  expect(await part('second', 'third')).toBe(204);
  expect([await owned('second'), await owned('third')]).toEqual([['a', 'b', 'd'], ['c']]);
  expect([await listGuests('second'), await listGuests('third')]).toEqual([['first'], []]);
  expect(await part('first', 'second')).toBe(204);
  expect(await listGuests('second')).toEqual([]);
  expect([await owned('first'), await owned('second')]).toEqual([['a', 'd'], ['b']]);
});

it('lists and parts guests for an admin key, and for the player’s own token', async () => {
  const mint = async (userId: string): Promise<string> =>
    JSON.parse((await call('POST', '/v1/tokens', { userId }, 'test-mint')).text).token;
  await send('owner', 'purchase', 'x');
  const guest = JSON.parse((await call('POST', '/v1/guests')).text) as { userId: string; token: string };
  await send(guest.userId, 'purchase', 'y');
  const owner = await mint('owner');
  expect((await call('POST', '/v1/users/me/merge', { guestToken: guest.token }, owner)).status).toBe(200);
  for (const key of ['test-ingest', 'test-read', 'test-mint'])
    expect([await listGuests('owner', key), await part(guest.userId, 'owner', key)], key).toEqual([403, 403]);
  const stranger = await mint('stranger');
  expect([await listGuests('owner', stranger), await listGuests('owner', guest.token)]).toEqual([403, 403]);
  expect([await listGuests('me', stranger), await listGuests('never-seen')]).toEqual([[], []]);
  expect([await listGuests('me', owner), await listGuests('owner')]).toEqual([[guest.userId], [guest.userId]]);
  expect(await part(guest.userId, 'owner', stranger)).toBe(403);
  expect(await part(guest.userId, 'me', stranger)).toBe(404);
  expect(await part(guest.userId, 'owner', guest.token)).toBe(403);
  expect((await call('POST', '/v1/tokens', {}, guest.token)).status).toBe(409);

  expect(await part(guest.userId, 'me', owner)).toBe(204);
  expect(await owned('owner')).toEqual(['x']);
  // The guest's token is a guest's again.
  expect((await call('POST', '/v1/tokens', {}, guest.token)).status).toBe(201);
  expect(JSON.parse((await call('GET', '/v1/users/me/signals', undefined, guest.token)).text).owned).toEqual(['y']);
});

it('lists the latest guests first, and at most a hundred', async () => {
  const now = Date.now();
  const insert = env.DB.prepare(
    "insert into merges (from_user_id, to_user_id, merged_at, state) values (?1, 'crowded', ?2, 'open')",
  );
  await env.DB.batch(Array.from({ length: 101 }, (_, n) => insert.bind(`guest:${n}`, now - n)));
  expect(await listGuests('crowded')).toEqual(Array.from({ length: 100 }, (_, n) => `guest:${n}`));
  await env.DB.prepare("delete from merges where to_user_id = 'crowded'").run();
});

it('refuses once the merge is old, and then moves the log for good', async () => {
  await send('lodger', 'purchase', 'a');
  await merge('lodger', 'host');
  await expect.poll(() => logOf('lodger')).toHaveLength(1);
  await runAlarm(env.USER_SIGNALS.getByName('lodger'));
  const age = (days: number) =>
    env.DB.prepare("update merges set merged_at = merged_at - ?1 where from_user_id = 'lodger'")
      .bind(days * DAY_MS)
      .run();
  await age(MERGE_OPEN_DAYS - 1);
  const { merges } = JSON.parse((await call('GET', '/v1/users/host/merges')).text);
  expect(Date.parse(merges[0].openUntil) - Date.parse(merges[0].mergedAt)).toBe(MERGE_OPEN_DAYS * DAY_MS);
  await runJobs('25 3 * * *', env);
  expect(await logOf('lodger')).toHaveLength(1);
  await age(1);
  expect(await listGuests('host')).toEqual([]);
  expect(await part('lodger', 'host')).toBe(409);
  await runJobs('25 3 * * *', env);
  expect([await logOf('lodger'), await logOf('host')]).toEqual([[], [`${mergedEventPrefix('lodger')}purchase-a`]]);
  expect(await owned('host')).toEqual(['a']);
  expect(await part('lodger', 'host')).toBe(409);
  // A retried merge changes nothing.
  await merge('lodger', 'host');
  expect(await owned('host')).toEqual(['a']);
});

it('is completed by the next request or by the job if it is interrupted', async () => {
  for (const [guest, player] of [
    ['torn', 'whole'],
    ['torn-2', 'whole-2'],
  ] as const) {
    await send(guest, 'purchase', 'a');
    await send(player, 'purchase', 'b');
    await merge(guest, player);
    expect(await beginParting(env.DB, guest, player, openSince(Date.now()))).toBe(true);
    const objects = {
      getByName: () =>
        fakeObject({ part: () => Promise.resolve(), removeGuest: () => Promise.reject(new Error('moving')) }),
    } as unknown as Env['USER_SIGNALS'];
    await expect(completeParting({ db: env.DB, objects }, guest, player)).rejects.toThrow('moving');
    expect((await call('POST', `/v1/users/other/merge`, { from: guest })).status).toBe(409);
  }
  expect(await listGuests('whole')).toEqual(['torn']);
  expect(await part('torn', 'whole')).toBe(204);
  await endAllMerges(env);
  for (const [guest, player] of [
    ['torn', 'whole'],
    ['torn-2', 'whole-2'],
  ] as const)
    expect([await owned(guest), await owned(player)]).toEqual([['a'], ['b']]);
});

it('takes no copy that was under way when the guest was parted', async () => {
  await send('slow', 'purchase', 'a');
  await merge('slow', 'quick');
  await part('slow', 'quick');
  const { id, type, itemId, value, query, timestamp } = makeEvent('slow', 'purchase', 'b', Date.now());
  await env.USER_SIGNALS.getByName('quick').takeCopies('quick', 'slow', [
    { id, type, itemId, value, query, timestamp },
  ]);
  expect(await owned('quick')).toEqual([]);
});

it('keeps the player’s own preferences, and the events still in the outbox', async () => {
  await call('PUT', '/v1/users/chooser/preferences', { genres: ['Racing'] });
  await merge('chooser', 'decider');
  await call('PUT', '/v1/users/decider/preferences', { genres: ['Puzzle'] });
  const decider = env.USER_SIGNALS.getByName('decider');
  // Not in the log: nothing queues it.
  await decider.record([makeEvent('decider', 'purchase', 'unlogged', Date.now())]);
  expect(await part('chooser', 'decider')).toBe(204);
  expect(await read('decider')).toMatchObject({ owned: ['unlogged'], preferences: { genres: ['Puzzle'] } });
  expect((await read('chooser')).preferences.genres).toEqual(['Racing']);
  const rows = await runInDurableObject(decider, (_, { storage }) => [
    ...storage.sql
      .exec("select kind from documents where kind in ('guests', 'preferencesFrom') and body <> '[]'")
      .raw(),
  ]);
  expect(rows).toEqual([]);
});

it('reports an erasure that begins while the parting is decided', async () => {
  const steps: PartSteps = {
    listPartable: async () => [],
    isBeingErased: async () => isErasing,
    decide: async () => {
      isErasing = true;
      return false;
    },
    readMergeTarget: async () => 'ann',
    complete: async () => {},
  };
  let isErasing = false;
  const call = deleteMerge({ params: { userId: 'ann', guestId: 'visitor' } }, steps);
  await expect(call).rejects.toThrow('One of the two is being erased.');
});

it('an erasure of the player erases an open guest too', async () => {
  await send('guest-of-erased', 'purchase', 'a');
  await send('erased', 'purchase', 'b');
  await merge('guest-of-erased', 'erased');
  await expect.poll(() => logOf('guest-of-erased')).toHaveLength(1);
  const { status, text } = await call('DELETE', '/v1/users/erased');
  expect(status).toBe(202);
  const { erasureId } = JSON.parse(text) as { erasureId: string };
  expect(await listGuests('erased')).toEqual([]);
  expect([404, 409]).toContain(await part('guest-of-erased', 'erased'));
  await expect.poll(async () => JSON.parse((await call('GET', `/v1/erasures/${erasureId}`)).text).state).toBe('done');
  for (const userId of ['guest-of-erased', 'erased']) {
    expect(await logOf(userId)).toEqual([]);
    expect(await owned(userId)).toEqual([]);
    expect(await exportOf(userId)).not.toContain('purchase');
  }
});
