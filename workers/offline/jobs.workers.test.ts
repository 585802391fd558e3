import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { sha256Hex } from '../../models/contracts/digest.ts';
import type { EventType, PlayerEvent } from '../../models/contracts/event.ts';
import { ExportLine, SnapshotManifest, TrainingDue } from '../../models/contracts/snapshot.ts';
import { Delivery, type Subscription } from '../../models/contracts/subscription.ts';
import { publishFake } from '../../tests/fake-release.ts';
import { makeItem } from '../../tests/item.ts';
import wranglerToml from '../../wrangler.toml?raw';
import { isolate } from '../serving/isolate.ts';
import { insertEvents } from '../storage/events.ts';
import { putItems } from '../storage/items.ts';
import { exportSnapshot } from '../storage/snapshots.ts';
import { readStatistics } from '../storage/statistics.ts';
import { insertSubscription } from '../storage/subscriptions.ts';
import { reportUnlogged } from '../storage/unlogged-users.ts';
import { cronOf, JOBS, runJobs } from './jobs.ts';

const event = (index: number, type: EventType, itemId: string): PlayerEvent => ({
  id: `e${index}`,
  userId: `u${index % 10}`,
  type,
  itemId,
  value: null,
  query: null,
  timestamp: Date.now() - index * 60_000,
  receivedAt: Date.now(),
  recommendationId: null,
  position: null,
  platform: null,
  country: null,
  locale: null,
});
const run = (name: string) => runJobs(cronOf(name), env);
const lastRun = (job: string) =>
  env.DB.prepare('select outcome, rows, error from job_runs where job = ?1 order by id desc limit 1').bind(job).first();

it('has jobs for each cron of wrangler.toml, and throws for any other', async () => {
  const crons = JSON.parse(/crons = (\[.*\])/.exec(wranglerToml)![1]!) as string[];
  expect(crons.toSorted()).toEqual(Object.keys(JOBS).toSorted());
  await expect(runJobs('0 0 1 1 *', env)).rejects.toThrow('no job for the cron');
});

it('computes statistics, exports a readable snapshot, announces it, and records each run', async () => {
  const events = Array.from({ length: 60 }, (_, index) => event(index, 'play', index % 3 === 0 ? 'rare' : 'common'));
  await insertEvents(env.DB, events);
  await putItems(env.DB, [makeItem('common')]);

  await run('refresh-statistics');
  const loaded = await readStatistics(env.BUCKET, undefined);
  expect(loaded!.statistics.popular.map(([itemId]) => itemId)).toEqual(['common', 'rare']);
  expect(await readStatistics(env.BUCKET, loaded)).toBe(loaded);
  expect(await lastRun('refresh-statistics')).toEqual({ outcome: 'done', rows: 60, error: null });

  await run('export-snapshot');
  const manifest = SnapshotManifest.parse(await (await env.BUCKET.get('snapshots/current.json'))!.json());
  expect(manifest).toMatchObject({ events: 60, items: 1, lastSequence: 60 });
  const lines: ExportLine[] = [];
  for (const part of manifest.parts) {
    const packed = await (await env.BUCKET.get(part.key))!.arrayBuffer();
    expect(await sha256Hex(packed)).toBe(part.sha256);
    const text = await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'))).text();
    for (const line of text.trim().split('\n')) lines.push(ExportLine.parse(JSON.parse(line)));
  }
  expect(lines.filter(({ kind }) => kind === 'event')).toEqual(events.map((one) => ({ kind: 'event', ...one })));
  expect(await lastRun('export-snapshot')).toMatchObject({ outcome: 'done', rows: 61 });

  await run('export-snapshot');
  expect(await lastRun('export-snapshot')).toMatchObject({ rows: 0 });

  await run('announce-training');
  const due = TrainingDue.parse(await (await env.BUCKET.get('training/due.json'))!.json());
  expect(due).toMatchObject({ snapshot: manifest.version, newEvents: 60 });
});

/** Collects messages; fails while `isDown`. */
function openFakeQueue() {
  const queued: Delivery[] = [];
  const state = { isDown: false };
  const queue = {
    async sendBatch(messages: { body: Delivery }[]) {
      if (state.isDown) throw new Error('the queue is down');
      queued.push(...messages.map(({ body }) => body));
    },
  } as unknown as Queue<Delivery>;
  return { queue, queued, state };
}
const subscribe = (subscriptionId: string, events: Subscription['events']) =>
  insertSubscription(
    env.DB,
    { subscriptionId, url: 'https://example.com', events, createdAt: new Date().toISOString(), lastDelivery: null },
    'whsec_',
    20,
  );

it('announces a release once, even if a step fails in between', async () => {
  const { queue, queued, state } = openFakeQueue();
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
  const { queue, queued, state } = openFakeQueue();
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
  await insertEvents(env.DB, [event(1_000, 'play', 'common')]);
  const versions = async () =>
    new Set((await env.BUCKET.list({ prefix: 'snapshots/' })).objects.map(({ key }) => key.split('/')[1]));
  const before = (await versions()).size;
  await Promise.all(Array.from({ length: 5 }, () => run('export-snapshot')));
  expect((await versions()).size).toBe(before + 1);
  const { results } = await env.DB.prepare(
    "select outcome, rows from job_runs where job = 'export-snapshot' order by id desc limit 5",
  ).all<{ outcome: string; rows: number | null }>();
  expect(results.map(({ outcome }) => outcome).toSorted()).toEqual(['done', ...Array(4).fill('skipped')]);
  expect(results.find(({ outcome }) => outcome === 'done')!.rows).toBeGreaterThan(60);
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

it('two exports of one millisecond do not share a version', async () => {
  const now = Date.now();
  const [one, other] = await Promise.all([
    exportSnapshot(env.DB, env.BUCKET, now),
    exportSnapshot(env.DB, env.BUCKET, now),
  ]);
  expect(one.version).not.toBe(other.version);
  for (const { key } of [...one.parts, ...other.parts]) expect(await env.BUCKET.head(key), key).not.toBeNull();
});

it('events that are unlogged for more than five minutes, or a D1 that cannot be asked, fail a job', async () => {
  const { queue, queued } = openFakeQueue();
  await subscribe('c', ['job.failed']);
  const check = (DB = env.DB) => runJobs(cronOf('check-unlogged'), { ...env, DB, NOTIFICATIONS: queue });
  const heard = () =>
    queued.flatMap(({ subscriptionId, notification }) =>
      subscriptionId === 'c' && notification.type === 'job.failed' ? [notification.data] : [],
    );
  await reportUnlogged(env.DB, 'ann', { events: 2, oldestAt: Date.now() - 4 * 60_000 });
  await check();
  expect(await lastRun('check-unlogged')).toEqual({ outcome: 'done', rows: 2, error: null });
  await reportUnlogged(env.DB, 'bob', { events: 1, oldestAt: Date.now() - 6 * 60_000 });
  await expect(check()).rejects.toThrow('3 accepted events of 2 players are not in the log, the oldest for 6 minutes');
  expect(heard()).toMatchObject([{ job: 'check-unlogged' }]);

  const failing = (isFailing: (query: string) => boolean) =>
    new Proxy(env.DB, {
      get: (target, name) => (query: string) => {
        if (isFailing(query)) throw new Error('D1 is down');
        return Reflect.get(target, name).call(target, query);
      },
    });
  await expect(check(failing((query) => query.includes('unlogged_users')))).rejects.toThrow('D1 is down');
  expect(heard()).toMatchObject([{}, { job: 'check-unlogged', error: 'D1 is down' }]);
  expect(await lastRun('check-unlogged')).toMatchObject({ outcome: 'failed', error: 'D1 is down' });
  // Nothing of D1 answers: the isolate remembers who listens.
  await isolate.revalidateSubscriptions(env);
  await expect(check(failing(() => true))).rejects.toThrow('D1 is down');
  expect(heard().filter(({ job }) => job === 'check-unlogged')).toHaveLength(3);
});
