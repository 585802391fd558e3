import { env, exports } from 'cloudflare:workers';
import { beforeAll, expect, it } from 'vitest';
import { makeEvent } from '../../tests/event.ts';
import { migrateLogShards } from '../../tests/migrate-log-shards.ts';
import { readEventCounts } from '../storage/event-counts.ts';
import { insertCountedEvents, insertEvents } from '../storage/events.ts';
import { reportUnlogged } from '../storage/unlogged-users.ts';

beforeAll(migrateLogShards);

const ask = (method: string, path: string, body?: object) =>
  exports.default.fetch(`http://edge${path}`, {
    method,
    headers: { 'content-type': 'application/json', authorization: 'Bearer test-admin' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
interface LogStatus {
  hours: { hour: string; accepted: number; logged: number }[];
  shards: { shard: number; logged: number; unmoved: number; sizeMB: number }[];
  unlogged: { users: number; events: number; oldestAgeSeconds: number | null };
}
const readLogStatus = async () => ((await (await ask('GET', '/v1/status')).json()) as { log: LogStatus }).log;

it('names the version of the Worker that answers, and no time before the first publication', async () => {
  const answer = await ask('GET', '/v1/status');
  const { workerVersion, state } = (await answer.json()) as { workerVersion: string; state: object };
  expect(state).toMatchObject({ version: 0, publishedAt: null });
  expect(workerVersion).toBe(env.DEPLOYED_VERSION!.id);
  expect(workerVersion).toMatch(/^[0-9a-f-]{36}$/);
});

it('says how many events were accepted and logged in each hour, and how old the oldest unlogged one is', async () => {
  expect(await readLogStatus()).toEqual({
    hours: [],
    shards: [{ shard: 0, logged: 0, unmoved: 0, sizeMB: expect.any(Number) }],
    unlogged: { users: 0, events: 0, oldestAgeSeconds: null },
  });
  const events = Array.from({ length: 7 }, (_, n) => ({ id: `e${n}`, userId: 'ann', type: 'click', itemId: 'g' }));
  for (let round = 0; round < 2; round++) expect((await ask('POST', '/v1/events', { events })).status).toBe(202);
  await insertEvents(env.DB, [makeEvent('imported', 'click', 'g', Date.now())]);
  const sum = async (kind: 'accepted' | 'logged') =>
    (await readLogStatus()).hours.reduce((total, hour) => total + hour[kind], 0);
  expect(await sum('accepted')).toBe(7);
  await expect.poll(() => sum('logged')).toBe(7);
  const [shard] = (await readLogStatus()).shards;
  expect(shard).toMatchObject({ shard: 0, logged: 7 });
  expect(shard!.sizeMB).toBeGreaterThan(0.1);
  // Each database of the log counts its logged events; accepted events are counted in one database.
  await insertCountedEvents(env.TEST_LOG_1, [makeEvent('bob', 'click', 'g', Date.now())]);
  const counts = await readEventCounts(env.DB, [env.LOG_0, env.TEST_LOG_1], Date.now() - 3_600_000);
  expect(counts.hours.reduce((total, { accepted, logged }) => total + accepted + logged, 0)).toBe(7 + 7 + 1);
  expect(counts.shards.map(({ logged }) => logged)).toEqual([7, 1]);
  // Older than a day: no longer shown.
  await env.DB.prepare('insert into event_counts (hour, count) values (?1, 1000)')
    .bind(Math.floor(Date.now() / 3_600_000) - 24)
    .run();
  expect(await sum('logged')).toBe(7);
  const [{ hour }] = (await readLogStatus()).hours as [LogStatus['hours'][number]];
  expect(Date.parse(hour) % 3_600_000).toBe(0);

  await reportUnlogged(env.DB, 'ann', { events: 3, oldestAt: Date.now() - 90_000 });
  await reportUnlogged(env.DB, 'bob', { events: 1, oldestAt: Date.now() - 30_000 });
  const { unlogged } = await readLogStatus();
  expect(unlogged).toMatchObject({ users: 2, events: 4 });
  expect(unlogged.oldestAgeSeconds).toBeGreaterThanOrEqual(90);
  expect(unlogged.oldestAgeSeconds).toBeLessThan(120);
});
