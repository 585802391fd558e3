import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { sha256Hex } from '../../models/contracts/digest.ts';
import type { EventType, PlayerEvent } from '../../models/contracts/event.ts';
import { ExportLine, SnapshotManifest, TrainingDue } from '../../models/contracts/snapshot.ts';
import { Delivery, type Subscription } from '../../models/contracts/subscription.ts';
import { publishFake } from '../../tests/fake-release.ts';
import { makeItem } from '../../tests/item.ts';
import wranglerToml from '../../wrangler.toml?raw';
import { insertEvents } from '../storage/events.ts';
import { putItems } from '../storage/items.ts';
import { readStatistics } from '../storage/statistics.ts';
import { insertSubscription } from '../storage/subscriptions.ts';
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
