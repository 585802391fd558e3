// Tests of counting what the players of experiments did: many at once, erased meanwhile, robots, imports, and failures.

import { env } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import type { Experiment, Exposure } from '../../models/contracts/experiment.ts';
import { CANARY_REQUEST_KEY } from '../../models/contracts/layout.ts';
import { draftExperiment } from '../../models/experiments/lifecycle.ts';
import { NO_EVENTS, startUser, type UserTotals } from '../../models/experiments/user-totals.ts';
import { makeEvent } from '../../tests/event.ts';
import { makeExperimentInput } from '../../tests/experiment.ts';
import { insertErasedUsers, openUserHash, readErasureMark } from '../storage/erased-users.ts';
import { insertEvents } from '../storage/events.ts';
import { sumEvents } from '../storage/experiment-events.ts';
import {
  deleteCursors,
  readCursor,
  readExperimentUsers,
  readPageNumber,
  writePage,
} from '../storage/experiment-totals.ts';
import { readExperiment, writeExperiment } from '../storage/experiments.ts';
import { readTeams, storeEffects } from '../storage/exposures.ts';
import { countPage } from './count-experiments.ts';
import { watchExperiments } from './watch-experiments.ts';

const NOW = Date.UTC(2026, 10, 27, 12);
const DAY_MS = 86_400_000;
const SHARDS = [env.LOG_0];
/** As long as an id may be: 128 characters of 3 bytes. */
const longId = (n: number) => `${n}`.padStart(128, '万');

const start = (experimentId = 'bold', change: Partial<Experiment> = {}) => {
  const draft = draftExperiment(experimentId, makeExperimentInput());
  const running = { ...draft, state: 'running' as const, startedAt: new Date(NOW).toISOString(), ...change };
  return writeExperiment(env.DB, running, undefined, 10, NOW);
};
const expose = async (userId: string, change: Partial<Exposure> = {}) => {
  const exposure = { experimentId: 'bold', variant: 'control', userId, recommendationId: 'r', at: NOW };
  const outcome = { isNewUser: false, degraded: false, isEmpty: false, failed: false, elapsedMs: 4 };
  const exposures = [{ ...exposure, ...outcome, ...change }];
  await env.DB.batch(storeEffects(env.DB, [{ id: 'm', sentAt: NOW, answers: [{ exposures }] }], "('m')"));
};
let sent = 0;
const act = (userId: string, type: 'click' | 'play', receivedAt: number, timestamp = receivedAt, value = 30) =>
  insertEvents(env.LOG_0, [makeEvent(userId, type, 'hades', timestamp, { id: `e${sent++}`, receivedAt, value })]);
const readTotals = async (userId: string, experimentId = 'bold'): Promise<UserTotals | undefined> =>
  (await readExperimentUsers(env.DB, [userId])).find((user) => user.experimentId === experimentId)?.totals;
const erase = async (userId: string, at: number) =>
  insertErasedUsers(env.DB, [(await openUserHash(env.DB))(userId)], at).run();
const makeUser = (userId: string) => ({
  experimentId: 'bold',
  userId,
  totals: startUser({ variant: 'control', at: NOW, isNewUser: false }, NO_EVENTS),
});
const startPage = async () => ({
  number: await readPageNumber(env.DB),
  erasureMark: await readErasureMark(env.DB),
  tallies: new Map(),
  exposuresUntil: 0,
  cursors: new Map(),
});

beforeEach(async () => {
  const tables = ['experiments', 'exposures', 'experiment_users', 'experiment_days', 'experiment_cursors', 'events'];
  for (const table of [...tables, 'erased_users', 'interleaved_rows']) await env.DB.exec(`delete from ${table}`);
});

test('a page may have more players than a parameter holds', async () => {
  const users = Array.from({ length: 12_000 }, (_, n) => makeUser(longId(n)));
  const tallies = new Map(Array.from({ length: 20 }, (_, n) => [`e${n}`, { ['v'.repeat(150_000)]: {} }]));
  expect(await writePage(env.DB, { ...(await startPage()), users, tallies: tallies as never }, NOW)).toBe(true);
  const ids = users.map(({ userId }) => userId);
  expect(await readExperimentUsers(env.DB, ids)).toHaveLength(users.length);
  expect(await env.DB.prepare('select count(*) as n from experiment_days').first('n')).toBe(20);
  const sums = await sumEvents(
    env.LOG_0,
    users.map(({ userId }) => ({ userId, exposedAt: NOW })),
    1e9,
  );
  expect(sums).toEqual([]);
  await env.DB.prepare("insert into interleaved_rows values (?1, 'bold', '{}', ?2)").bind(ids.at(-1), NOW).run();
  expect([...(await readTeams(env.DB, ids)).keys()]).toEqual([ids.at(-1)]);
});

test('the events of a robot are summed up by the database, for each of its experiments', async () => {
  const players = Array.from({ length: 2_500 }, (_, n) => ({ userId: `u${n}`, exposedAt: NOW }));
  for (let n = 0; n < 50; n++) await act('u2400', n % 2 === 0 ? 'play' : 'click', NOW + n - 10);
  const sums = await sumEvents(env.LOG_0, players, 1e9);
  expect(sums.map(({ player }) => player.userId)).toEqual(Array.from({ length: 4 }, () => 'u2400'));
  for (const id of ['bold', 'calm']) await start(id, { slice: { from: 0, to: 1 } });
  await expose('u2400');
  await expose('u2400', { experimentId: 'calm', at: NOW + 20 });
  await countPage(env.DB, SHARDS, NOW);
  expect(await readTotals('u2400')).toMatchObject({
    before: { clicks: 5, plays: 5, playMinutes: 150 },
    after: { clicks: 20, plays: 20, playMinutes: 600 },
  });
  expect(await readTotals('u2400', 'calm')).toMatchObject({ before: { clicks: 15 }, after: { plays: 10 } });
});

test('plays of long ago that are imported after the exposure do not count', async () => {
  await start();
  await act('ann', 'play', NOW + 1, NOW - 2 * DAY_MS);
  await act('ann', 'play', NOW + 1, NOW - DAY_MS / 2);
  await expose('ann');
  await countPage(env.DB, SHARDS, NOW);
  expect(await readTotals('ann')).toMatchObject({ before: { plays: 0 }, after: { plays: 1 } });
  await act('ann', 'play', NOW + 2, NOW - 2 * DAY_MS);
  await act('ann', 'play', NOW + 2, NOW - DAY_MS / 2);
  await countPage(env.DB, SHARDS, NOW);
  expect(await readTotals('ann')).toMatchObject({ after: { plays: 2 } });
});

test('a player who was erased after the exposure is not written again', async () => {
  await start();
  await expose('ann');
  await expose('ben');
  await erase('ann', NOW);
  await erase('ben', NOW - 1);
  await countPage(env.DB, SHARDS, NOW);
  expect(await readTotals('ann')).toBeUndefined();
  expect(await readTotals('ben')).toMatchObject({ answers: 1 });
});

test('a page with players is not written if one was erased while it was counted; it is counted again', async () => {
  await start();
  await expose('ann');
  const batch = async (statements: D1PreparedStatement[]) => {
    await erase('ann', NOW);
    return env.DB.batch(statements);
  };
  const erasing = { prepare: (sql: string) => env.DB.prepare(sql), batch } as D1Database;
  expect(await countPage(erasing, SHARDS, NOW)).toBe(true);
  expect(await readTotals('ann')).toBeUndefined();
  const page = await startPage();
  expect(await writePage(env.DB, { ...page, erasureMark: 0, users: [] }, NOW)).toBe(true);
});

test('the exposures of an experiment that starts while a page is read are counted by the next', async () => {
  let reads = 0;
  const prepare = (sql: string) => {
    const statement = env.DB.prepare(sql);
    if (!/^select .* from (exposures|experiments) /.test(sql) || ++reads !== 2) return statement;
    const all = async (...values: unknown[]) => {
      await start();
      await expose('ann');
      return statement.bind(...values).all();
    };
    return { bind: (...values: unknown[]) => ({ all: () => all(...values) }) };
  };
  const starting = { prepare, batch: env.DB.batch.bind(env.DB) } as unknown as D1Database;
  await countPage(starting, SHARDS, NOW);
  expect(reads).toBe(2);
  await countPage(env.DB, SHARDS, NOW);
  expect(await readTotals('ann')).toMatchObject({ answers: 1 });
});

test('the cursors stay while an experiment runs', async () => {
  await countPage(env.DB, SHARDS, NOW);
  await start();
  await deleteCursors(env.DB);
  expect(await readCursor(env.DB, 0)).toBeDefined();
  await env.DB.exec('delete from experiments');
  await deleteCursors(env.DB);
  expect(await readCursor(env.DB, 0)).toBeUndefined();
});

test('experiments are judged also if they cannot be counted, or if R2 fails', async () => {
  const endsAt = new Date(NOW).toISOString();
  await start('bold', { endsAt });
  await env.DB.exec("insert into exposures (experiment_id, user_id, body, at) values ('bold', 'ann', '{', 0)");
  await expect(watchExperiments(env, NOW)).rejects.toThrow('JSON');
  expect((await readExperiment(env.DB, 'bold'))!.experiment.state).toBe('stopped');
  await env.DB.exec('delete from exposures');
  await start('calm', { endsAt });
  const get = (key: string) =>
    key === CANARY_REQUEST_KEY ? Promise.reject(new Error('R2 is down')) : env.BUCKET.get(key);
  const BUCKET = new Proxy(env.BUCKET, {
    get: (bucket, name: keyof R2Bucket) => (name === 'get' ? get : (bucket[name] as () => unknown).bind(bucket)),
  });
  await expect(watchExperiments({ ...env, BUCKET }, NOW)).rejects.toThrow('R2 is down');
  expect((await readExperiment(env.DB, 'calm'))!.experiment.state).toBe('stopped');
});
