import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import type { EventType } from '../../models/contracts/event.ts';
import { RELEASE_POINTER_KEY } from '../../models/contracts/layout.ts';
import { EMPTY_PREFERENCES } from '../../models/contracts/preferences.ts';
import { RECENT_ACTIONS_MAX } from '../../models/contracts/signals.ts';
import { makeEvent } from '../../tests/event.ts';
import { publishFake } from '../../tests/fake-release.ts';
import { createItem } from '../../tests/ranking-input.ts';
import { isolate } from '../serving/isolate.ts';
import { insertEvents } from '../storage/events.ts';
import { readBatchGallery } from '../storage/galleries.ts';
import { deleteItem, patchItem, putItems } from '../storage/items.ts';
import { claimMerge } from '../storage/merges.ts';
import { writePreferences } from '../storage/users.ts';
import { type PlayersToCompute, queueActivePlayers } from './compute-galleries.ts';
import { runJobs } from './jobs.ts';

const NOW = Date.now();
const CRON = '15 * * * *';
const countQueued = () =>
  env.DB.prepare("select rows from job_runs where job = 'compute-galleries' order by id desc").first<number>('rows');
const event = (userId: string, index: number, type: EventType, itemId: string, daysAgo = 0) =>
  makeEvent(userId, type, itemId, NOW - daysAgo * 86_400_000 - index, { id: `${index}`, country: 'CH' });
const items = Array.from({ length: 130 }, (_, index) => ({
  ...createItem(index),
  ageRating: index % 5 === 0 ? 18 : 6,
}));

it('makes safe galleries for active players from the log only, and none before the first release', async () => {
  await putItems(env.DB, items);
  const players = Array.from({ length: 60 }, (_, player) => `player-${player}`);
  await insertEvents(
    env.DB,
    players.flatMap((userId, player) => [
      event(userId, 1, 'like', `g${player}`),
      event(userId, 2, 'purchase', `g${player + 1}`),
      event(userId, 3, 'dismiss', `g${player + 2}`),
    ]),
  );
  await insertEvents(env.DB, [event('long-gone', 1, 'like', 'g3', 30)]);
  // So many that the purchase is no longer among the newest.
  await insertEvents(
    env.DB,
    Array.from({ length: RECENT_ACTIONS_MAX }, (_, n) => ({
      ...event('player-9', 0, 'click', 'g50'),
      id: `click ${n}`,
    })),
  );
  await writePreferences(env.DB, 'player-7', { ...EMPTY_PREFERENCES, ageLimit: 12 }, NOW);

  await runJobs(CRON, env);
  expect(await countQueued()).toBe(0);

  await publishFake(env.BUCKET, 'good', { itemIds: items.map(({ itemId }) => itemId), shift: 0 });
  await isolate.state.publish(env, Date.now(), () => {});
  await runJobs(CRON, env);
  expect(await countQueued()).toBe(60);
  const count = () => env.DB.prepare('select count(*) as n from batch_galleries').first<number>('n');
  await expect.poll(count).toBe(60);

  for (const [player, userId] of players.entries()) {
    const gallery = (await readBatchGallery(env.DB, userId))!;
    const excluded = [...gallery.ownedOrPlayed, ...gallery.dismissed];
    expect(excluded.toSorted()).toEqual([`g${player + 1}`, `g${player + 2}`].toSorted());
    const shown = gallery.rows.flatMap((row) => row.items);
    expect(shown.length).toBeGreaterThan(20);
    for (const { itemId, item } of shown) {
      expect(excluded).not.toContain(itemId);
      expect(item!.itemId).toBe(itemId);
      if (userId === 'player-7') expect(item!.ageRating).toBe(6);
    }
  }
  expect((await readBatchGallery(env.DB, 'player-7'))!.ageLimit).toBe(12);
  expect((await readBatchGallery(env.DB, 'player-8'))!.release).toBe('good');
  expect(await readBatchGallery(env.DB, 'long-gone')).toBeUndefined();

  const stored = await env.DB.prepare("select body from batch_galleries where user_id = 'player-8'").first<string>(
    'body',
  );
  expect(Object.keys(JSON.parse(stored!).rows[0])).toEqual(['id', 'title', 'reason', 'itemIds', 'scores', 'reasons']);
  // Read with its games as they are now.
  const shownFirst = async () => (await readBatchGallery(env.DB, 'player-8'))!.rows[0]!.items[0]!;
  const { itemId } = await shownFirst();
  await patchItem(env.DB, itemId, { hidden: true });
  expect((await shownFirst()).item).toMatchObject({ itemId, hidden: true });
  await deleteItem(env.DB, itemId, NOW);
  expect(await shownFirst()).toMatchObject({ itemId, item: undefined });
});

it('leaves out players whose gallery is of the last day and later than all that they did', async () => {
  const HOUR_MS = 3_600_000;
  const at = Date.now();
  await env.DB.prepare('delete from users').run();
  await env.DB.prepare('delete from batch_galleries').run();
  await publishFake(env.BUCKET, 'good', { itemIds: items.map(({ itemId }) => itemId), shift: 0 });
  const players: [userId: string, madeHoursAgo: number | undefined, seenHoursAgo: number][] = [
    ['fresh', 3, 5],
    ['acted-since', 3, 2],
    // The log may not have had that event when the gallery was made.
    ['acted-just-before', 3, 3.1],
    ['day-old', 25, 30],
    ['new', undefined, 1],
    ['merged-guest', undefined, 1],
    ['merged-player', 3, 5],
  ];
  for (const [userId, madeHoursAgo, seenHoursAgo] of players) {
    await env.DB.prepare('insert into users (user_id, last_event_at) values (?1, ?2)')
      .bind(userId, at - seenHoursAgo * HOUR_MS)
      .run();
    if (madeHoursAgo !== undefined)
      await env.DB.prepare("insert into batch_galleries (user_id, body, computed_at) values (?1, '{}', ?2)")
        .bind(userId, at - madeHoursAgo * HOUR_MS)
        .run();
  }
  await claimMerge(env.DB, 'merged-guest', 'merged-player', at);
  const queued: string[] = [];
  const GALLERIES = {
    sendBatch: async (messages: { body: PlayersToCompute }[]) =>
      void queued.push(...messages.flatMap(({ body }) => body.userIds)),
  } as unknown as Env['GALLERIES'];
  expect(await queueActivePlayers({ ...env, GALLERIES }, at)).toBe(5);
  expect(queued.toSorted()).toEqual(['acted-just-before', 'acted-since', 'day-old', 'merged-player', 'new']);
  await env.DB.prepare('delete from users').run();
});

it('queues all players within the limits of a call, even with long ids, and with a damaged pointer', async () => {
  await env.BUCKET.put(RELEASE_POINTER_KEY, '{');
  const userIds = Array.from({ length: 6_000 }, (_, player) => `${'界'.repeat(100)}-${player}`);
  await insertEvents(
    env.DB,
    userIds.map((userId) => event(userId, 1, 'like', 'g1')),
  );
  const calls: { body: PlayersToCompute }[][] = [];
  const GALLERIES = { sendBatch: async (messages: { body: PlayersToCompute }[]) => void calls.push(messages) };
  const named = await queueActivePlayers({ ...env, GALLERIES: GALLERIES as unknown as Env['GALLERIES'] }, NOW);
  const all = calls.flat().flatMap(({ body }) => body.userIds);
  expect(all).toHaveLength(named);
  expect(new Set(all).size).toBe(named);
  expect(userIds.filter((userId) => !all.includes(userId))).toEqual([]);
  for (const messages of calls) {
    expect(messages.length).toBeLessThanOrEqual(100);
    expect(Buffer.byteLength(JSON.stringify(messages))).toBeLessThan(256_000);
  }
});
