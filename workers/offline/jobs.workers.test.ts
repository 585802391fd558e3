import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, it, vi } from 'vitest';
import type { EventType, PlayerEvent } from '../../models/contracts/event.ts';
import { countRows, ExportLine, SnapshotManifest, TrainingDue } from '../../models/contracts/snapshot.ts';
import { Delivery, type Subscription } from '../../models/contracts/subscription.ts';
import { openFakeQueue } from '../../tests/fake-queue.ts';
import { publishFake } from '../../tests/fake-release.ts';
import { makeItem } from '../../tests/item.ts';
import { readRows } from '../../tests/parquet.ts';
import wranglerToml from '../../wrangler.toml?raw';
import { isolate } from '../serving/isolate.ts';
import { clearCanaryRequest, readCanaryRequest, requestCanary } from '../storage/canary-request.ts';
import { insertEvents } from '../storage/events.ts';
import { putItems } from '../storage/items.ts';
import { CRONS, cronOf, type JobName } from '../storage/job-schedule.ts';
import { publishState } from '../storage/publish-state.ts';
import { readPublishedState } from '../storage/published-state.ts';
import { setPinned } from '../storage/release-pointer.ts';
import { editSnapshot, readSnapshotManifest } from '../storage/snapshots.ts';
import { readStatistics } from '../storage/statistics.ts';
import { insertSubscription } from '../storage/subscriptions.ts';
import { readUnlogged, reportUnlogged } from '../storage/unlogged-users.ts';
import { runJobs } from './jobs.ts';

const event = (index: number, type: EventType, itemId: string): PlayerEvent => ({
  id: `e${index}`,
  userId: `u${index % 10}`,
  type,
  itemId,
  value: null,
  query: null,
  // All on one day, unless midnight falls within these milliseconds.
  timestamp: Date.now() - index,
  receivedAt: Date.now(),
  recommendationId: null,
  position: null,
  platform: null,
  country: null,
  locale: null,
});
const run = (name: JobName) => runJobs(cronOf(name), env);
const lastRun = (job: string) =>
  env.DB.prepare('select outcome, rows, error from job_runs where job = ?1 order by id desc limit 1').bind(job).first();

it('has jobs for each cron of wrangler.toml, and throws for any other', async () => {
  const crons = JSON.parse(/crons = (\[.*\])/.exec(wranglerToml)![1]!) as string[];
  expect(crons.toSorted()).toEqual(CRONS.toSorted());
  await expect(runJobs('0 0 1 1 *', env)).rejects.toThrow('no job for the cron');
});

it('computes statistics, exports a readable snapshot, announces it, and records each run', async () => {
  const events = Array.from({ length: 60 }, (_, index) => event(index, 'play', index % 3 === 0 ? 'rare' : 'common'));
  await insertEvents(env.DB, events);
  await putItems(env.DB, [makeItem('common')]);

  await run('refresh-statistics');
  const { statistics: key } = (await readPublishedState(env.BUCKET))!;
  const loaded = await readStatistics(env.BUCKET, key!);
  expect(loaded.statistics.popular.map(([itemId]) => itemId)).toEqual(['common', 'rare']);
  expect(await lastRun('refresh-statistics')).toEqual({ outcome: 'done', rows: 60, error: null });

  await run('export-snapshot');
  const manifest = SnapshotManifest.parse(await (await env.BUCKET.get('snapshots/current.json'))!.json());
  expect(manifest).toMatchObject({ lastSequences: [60], items: { rows: 1, revision: 1 }, merges: [], slates: [] });
  expect(manifest.events.map(({ rows }) => rows)).toEqual([60]);
  const rows = await readRows(env.BUCKET, manifest.events[0]!);
  const exported = new Map(rows.map((row) => [Number(row.sequence), row]));
  expect(events.map((_, index) => exported.get(index + 1))).toMatchObject(
    events.map(({ id, userId, type, itemId, timestamp }) => ({
      ...{ id, type, user_id: userId, item_id: itemId, value: null, timestamp: new Date(timestamp) },
    })),
  );
  const packed = (await env.BUCKET.get(manifest.items!.key))!.body.pipeThrough(new DecompressionStream('gzip'));
  expect(ExportLine.parse(JSON.parse(await new Response(packed).text()))).toEqual({
    kind: 'item',
    ...makeItem('common'),
  });
  expect(await lastRun('export-snapshot')).toMatchObject({ outcome: 'done', rows: 61 });

  await run('export-snapshot');
  expect(await lastRun('export-snapshot')).toMatchObject({ rows: 0 });

  await run('announce-training');
  const due = TrainingDue.parse(await (await env.BUCKET.get('training/due.json'))!.json());
  expect(due).toMatchObject({ snapshot: manifest.version, newEvents: 60 });
});

it('deletes events that have left the hot window, once they are exported and counted', async () => {
  const old = Date.now() - 40 * 86_400_000;
  const aged = Array.from({ length: 5 }, (_, n) => ({ ...event(n, 'play', 'common'), id: `old${n}`, receivedAt: old }));
  await env.DB.prepare('delete from events').run();
  await insertEvents(env.DB, [...aged, event(99, 'play', 'common')]);
  const count = () => env.DB.prepare('select count(*) as n from events').first<number>('n');
  // Exported, but not counted yet.
  await run('trim-log');
  expect(await count()).toBe(6);
  await run('refresh-statistics');
  await run('trim-log');
  expect(await count()).toBe(1);
  expect(await lastRun('trim-log')).toMatchObject({ outcome: 'done', rows: 5 });
  await expect(runJobs(cronOf('trim-log'), { ...env, LOG_HOT_DAYS: '1' })).rejects.toThrow('must be 3 to 3650');
});

const subscribe = (subscriptionId: string, events: Subscription['events']) =>
  insertSubscription(
    env.DB,
    { subscriptionId, url: 'https://example.com', events, createdAt: new Date().toISOString(), lastDelivery: null },
    'whsec_',
    20,
  );

it('announces a release once, even if a step fails in between', async () => {
  const { queue, queued, state } = openFakeQueue<Delivery>();
  const announce = () => runJobs(cronOf('announce-release'), { ...env, NOTIFICATIONS: queue });
  await subscribe('a', ['release.published']);
  await announce();
  expect(queued).toEqual([]);
  const itemIds = Array.from({ length: 130 }, (_, index) => `g${index}`);
  await publishFake(env.BUCKET, 'first', { itemIds, shift: 0 });
  state.isDown = true;
  await expect(announce()).rejects.toThrow('the queue is down');
  state.isDown = false;
  await announce();
  await announce();
  expect(queued).toMatchObject([
    {
      subscriptionId: 'a',
      notification: {
        id: 'release-first',
        type: 'release.published',
        data: { release: 'first', algorithm: 'fake', items: 130 },
      },
    },
  ]);
  expect(Delivery.parse(queued[0])).toEqual(queued[0]);
});

it('records a failed run with its error, rethrows it, and tells subscribers', async () => {
  const { queue, queued, state } = openFakeQueue<Delivery>();
  await subscribe('b', ['job.failed']);
  const down = {
    get: (key: string) => env.BUCKET.get(key),
    put: () => Promise.reject(new Error('R2 is down')),
  } as unknown as R2Bucket;
  const fail = () => runJobs(cronOf('refresh-statistics'), { ...env, BUCKET: down, NOTIFICATIONS: queue });
  await expect(fail()).rejects.toThrow('R2 is down');
  expect(queued).toMatchObject([
    {
      subscriptionId: 'b',
      notification: {
        type: 'job.failed',
        data: { job: 'refresh-statistics', cron: '*/10 * * * *', error: 'R2 is down' },
      },
    },
  ]);
  expect(Delivery.parse(queued[0])).toEqual(queued[0]);
  state.isDown = true;
  await expect(fail()).rejects.toThrow('R2 is down');
  expect(await lastRun('refresh-statistics')).toEqual({ outcome: 'failed', rows: null, error: 'R2 is down' });
  // The other job of the same cron has still run.
  expect(await lastRun('announce-release')).toMatchObject({ outcome: 'done' });
});

it('of five concurrent exports one exports, and the others are skipped', async () => {
  await insertEvents(
    env.DB,
    Array.from({ length: 500 }, (_, n) => event(1_000 + n, 'play', 'common')),
  );
  const before = (await readSnapshotManifest(env.BUCKET))!;
  await Promise.all(Array.from({ length: 5 }, () => run('export-snapshot')));
  const after = (await readSnapshotManifest(env.BUCKET))!;
  expect(countRows(after.events) - countRows(before.events)).toBe(500);
  const { results } = await env.DB.prepare(
    "select outcome, rows from job_runs where job = 'export-snapshot' order by id desc limit 5",
  ).all<{ outcome: string; rows: number | null }>();
  expect(results.map(({ outcome }) => outcome).toSorted()).toEqual(['done', ...Array(4).fill('skipped')]);
  expect(results.find(({ outcome }) => outcome === 'done')!.rows).toBe(500);
  expect(await env.DB.prepare('select name from leases').all()).toMatchObject({ results: [] });
});

it('a lease that a dead run left behind blocks the job until it expires', async () => {
  const leave = (expiresAt: string) =>
    env.DB.prepare(
      `insert or replace into leases (name, holder, expires_at) values ('job delete-old-rows', 'dead', ${expiresAt})`,
    ).run();
  await leave('(unixepoch() + 60) * 1000');
  await run('delete-old-rows');
  expect(await lastRun('delete-old-rows')).toEqual({ outcome: 'skipped', rows: null, error: null });
  await leave('(unixepoch() - 1) * 1000');
  await run('delete-old-rows');
  expect(await lastRun('delete-old-rows')).toMatchObject({ outcome: 'done' });
});

it('two changes of the snapshot in one millisecond do not share a version, and none is lost', async () => {
  const now = Date.now();
  const name = (key: string) =>
    editSnapshot(env.BUCKET, now, ({ takenBatches }) => ({ takenBatches: [...takenBatches, key] }));
  const [one, other] = await Promise.all([name('one'), name('other')]);
  expect(one!.version).not.toBe(other!.version);
  const { version, takenBatches } = (await readSnapshotManifest(env.BUCKET))!;
  expect(takenBatches.toSorted()).toEqual(['one', 'other']);
  expect(version).toBe([one!.version, other!.version].sort().at(-1));
});

it('asks objects about events that are unlogged for five minutes, and fails if D1 cannot be asked', async () => {
  const { queue, queued } = openFakeQueue<Delivery>();
  await subscribe('c', ['job.failed']);
  const check = (DB = env.DB) => runJobs(cronOf('check-unlogged'), { ...env, DB, NOTIFICATIONS: queue });
  // The other jobs of the cron fail without D1, too.
  const heard = () =>
    queued.flatMap(({ subscriptionId, notification: { type, data } }) =>
      subscriptionId === 'c' && type === 'job.failed' && data.job === 'check-unlogged' ? [data] : [],
    );
  await reportUnlogged(env.DB, 'ann', { events: 2, oldestAt: Date.now() - 4 * 60_000 });
  const missed = { ...event(1, 'play', 'g1'), userId: 'bob', receivedAt: Date.now() - 6 * 60_000 };
  const bob = env.USER_SIGNALS.getByName('bob');
  await runInDurableObject(bob, (object) => Object.assign(object, { env: { ...env, EVENTS: { sendBatch() {} } } }));
  await bob.record([missed]);
  await reportUnlogged(env.DB, 'bob', { events: 1, oldestAt: missed.receivedAt });
  // A report restored with D1 from a backup; its object has forgotten it.
  await reportUnlogged(env.DB, 'cleo', { events: 1, oldestAt: Date.now() - 8 * 60_000 });
  await check();
  // Bob's object still misses it.
  expect(await readUnlogged(env.DB)).toEqual({ users: 2, events: 3, oldestAt: missed.receivedAt });
  expect(heard()).toEqual([]);

  const failing = (isFailing: (query: string) => boolean) =>
    new Proxy(env.DB, {
      get: (target, name) => (query: string) => {
        if (isFailing(query)) throw new Error('D1 is down');
        return Reflect.get(target, name).call(target, query);
      },
    });
  const isReport = (query: string) => query.includes('unlogged_users');
  await expect(check(failing(isReport))).rejects.toThrow('D1 is down');
  expect(heard()).toContainEqual(expect.objectContaining({ job: 'check-unlogged', error: 'D1 is down' }));
  expect(await lastRun('check-unlogged')).toMatchObject({ outcome: 'failed', error: 'D1 is down' });
  // Nothing of D1 answers: who listens is published, and this isolate has served nobody.
  await publishState(env, Date.now());
  expect(isolate.state.peek().value).toBeUndefined();
  await expect(check(failing(() => true))).rejects.toThrow('D1 is down');
  expect(heard().filter(({ job }) => job === 'check-unlogged')).toHaveLength(2);

  // The log has the event now; by itself, the object would find out only at its next alarm.
  await insertEvents(env.DB, [missed]);
  await check();
  expect((await readUnlogged(env.DB)).users).toBe(1);
});

it('publishes every minute what a change could not, and records only failures', async () => {
  const listeners = async () =>
    (await readPublishedState(env.BUCKET))!.subscriptions.map(({ subscriptionId }) => subscriptionId);
  const before = await listeners();
  await subscribe('unpublished', ['release.published']);
  expect(await listeners()).toEqual(before);
  await run('republish-state');
  expect(await listeners()).toContain('unpublished');
  expect(await lastRun('republish-state')).toBeNull();
  vi.spyOn(console, 'error').mockImplementation(() => {});
  const BUCKET = new Proxy(env.BUCKET, { get: () => () => Promise.reject(new Error('R2 is down')) });
  await expect(runJobs('* * * * *', { ...env, BUCKET })).rejects.toThrow('R2 is down');
  expect(await lastRun('republish-state')).toMatchObject({ outcome: 'failed', error: 'R2 is down' });
});

it('reports a job that fails every minute once, and once when it succeeds again', async () => {
  const { queue, queued } = openFakeQueue<Delivery>();
  await subscribe('minutes', ['job.failed']);
  await run('republish-state');
  const logs = [vi.spyOn(console, 'error'), vi.spyOn(console, 'warn')];
  for (const log of logs) log.mockImplementation(() => {});
  const alerts = () =>
    logs.flatMap(({ mock }) =>
      mock.calls.map(([line]) => JSON.parse(line)).filter(({ job }) => job === 'republish-state'),
    );
  const count = "select count(*) from job_runs where job = 'republish-state'";
  const runs = async () => (await env.DB.prepare(count).first<number>('count(*)'))!;
  const runsBefore = await runs();
  const BUCKET = new Proxy(env.BUCKET, { get: () => () => Promise.reject(new Error('R2 is down')) });
  for (let minute = 0; minute < 3; minute++)
    await expect(runJobs('* * * * *', { ...env, BUCKET, NOTIFICATIONS: queue })).rejects.toThrow('R2 is down');
  expect(alerts()).toMatchObject([{ alert: 'job failed', job: 'republish-state', error: 'Error: R2 is down' }]);
  const told = queued.filter(({ notification }) => JSON.stringify(notification).includes('republish-state'));
  expect(told.filter(({ subscriptionId }) => subscriptionId === 'minutes')).toHaveLength(1);
  expect(await runs()).toBe(runsBefore + 1);
  for (let minute = 0; minute < 2; minute++) await run('republish-state');
  expect(alerts().slice(1)).toMatchObject([{ alert: 'job succeeds again', job: 'republish-state' }]);
  expect(await lastRun('republish-state')).toMatchObject({ outcome: 'done', error: null });
  expect(await runs()).toBe(runsBefore + 2);
});

it('announces no training for what a pinned release lacks and a newer one has, nor beside a canary', async () => {
  const itemIds = Array.from({ length: 200 }, (_, index) => `g${index}`);
  await insertEvents(
    env.DB,
    Array.from({ length: 300 }, (_, index) => event(1_000 + index, 'play', 'common')),
  );
  await run('export-snapshot');
  const { lastSequences } = (await readSnapshotManifest(env.BUCKET))!;
  await publishFake(env.BUCKET, 'z2', {
    itemIds,
    shift: 0,
    alter: (_, { data }) => Object.assign(data, { lastSequences }),
  });
  await publishFake(env.BUCKET, 'z1', { itemIds, shift: 0 });
  await setPinned(env.BUCKET, 'z1', true);
  await run('announce-training');
  expect(await lastRun('announce-training')).toMatchObject({ outcome: 'done', rows: 0 });
  await setPinned(env.BUCKET, 'z1', false);
  await requestCanary(env.BUCKET, { version: 'z2', share: 0.05 });
  await run('announce-training');
  expect(await lastRun('announce-training')).toMatchObject({ outcome: 'done', rows: 0 });
  await clearCanaryRequest(env.BUCKET, (await readCanaryRequest(env.BUCKET))!);
  await run('announce-training');
  expect((await lastRun('announce-training'))!.rows).toBeGreaterThanOrEqual(300);
});

it('counts a release of an older schema as none: not announced, and a training on all events is due', async () => {
  const itemIds = Array.from({ length: 200 }, (_, index) => `g${index}`);
  await publishFake(env.BUCKET, 'z3', {
    itemIds,
    shift: 0,
    schema: 1,
    alter: (_, { data }) => Object.assign(data, { lastSequences: [1_000_000] }),
  });
  for (const job of ['announce-release', 'announce-training'] as const) await run(job);
  expect(await lastRun('announce-release')).toMatchObject({ outcome: 'done', rows: 0 });
  const { events } = (await readSnapshotManifest(env.BUCKET))!;
  expect(await lastRun('announce-training')).toMatchObject({ outcome: 'done', rows: countRows(events) });
});
