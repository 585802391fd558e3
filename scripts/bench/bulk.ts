// Measures galleries in bulk: the real bundle in workerd, the job's cron triggered as Cloudflare does. How many a
// second, and how long online galleries take meanwhile, beside the same galleries of the calm server.

import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { completeEvent, type PlayerEvent } from '../../models/contracts/event.ts';
import { createRandom } from '../../models/data/random.ts';
import { insertEvents } from '../../workers/storage/events.ts';
import { cronOf } from '../../workers/storage/job-schedule.ts';
import { readProduct } from '../local/product.ts';
import { type Latency, timeOne } from './latency.ts';
import { readCpuSeconds } from './process-tree.ts';
import { median, takePercentile } from './rounds.ts';
import { fillStores, prepareServer } from './serving.ts';
import { startWorkerd } from './workerd.ts';

const KEY = 'bench';
const SEED = 1;
const DAY_MS = 86_400_000;
const ACTIVE_DAYS = 6;
/** Between two online galleries: a player who comes now and then, not a load. */
const PAUSE_MS = 50;
const CALM_GALLERIES = 100;
const POLL_MS = 100;
const RUN_MS_MAX = 600_000;

export interface BulkOptions {
  players: number;
  items: number;
  /** Per player. */
  events: number;
}

export interface BulkReport extends BulkOptions {
  /** During a run while nobody asks for galleries. */
  galleriesPerSecond: number;
  /** During a run while online galleries are asked for, one after the other. */
  besideOnlinePerSecond: number;
  /** Processor time of workerd, D1 included: other load on the machine hardly changes it. */
  cpuMsPerGallery: number;
  bytesPerGallery: number;
  /** Online galleries before and during the second run. */
  calm: Latency;
  during: Latency;
}

export async function benchBulk(options: BulkOptions, log: (message: string) => void): Promise<BulkReport> {
  log('starting workerd with the bundle …');
  const server = await startWorkerd({ config: readProduct(), secrets: { ADMIN_KEY: KEY } });
  try {
    const { players, items, events } = options;
    log(`storing ${items} items, a release and ${players} players with ${events} events each …`);
    const stores = await server.stores();
    await fillStores(stores, items);
    await insertEvents(stores.DB, drawEvents(options));
    await server.runCron(cronOf('refresh-statistics'));
    await prepareServer(server.url);
    const run = () => runJob(stores.DB, players, () => server.runCron(cronOf('compute-galleries')));
    log('a first run, which warms up …');
    await run();
    log('a run alone …');
    const cpuFrom = readCpuSeconds(process.pid, 'workerd');
    const aloneMs = await run();
    const cpuSeconds = readCpuSeconds(process.pid, 'workerd') - cpuFrom;
    log('online galleries of a calm server …');
    const calm = await timeGalleries(server.url, (answered) => answered < CALM_GALLERIES);
    log('a run beside online galleries …');
    let isRunning = true;
    const [besideMs, during] = await Promise.all([
      run().finally(() => (isRunning = false)),
      timeGalleries(server.url, () => isRunning),
    ]);
    return {
      ...options,
      galleriesPerSecond: (1_000 * players) / aloneMs,
      besideOnlinePerSecond: (1_000 * players) / besideMs,
      cpuMsPerGallery: (1_000 * cpuSeconds) / players,
      bytesPerGallery: await readGalleryBytes(stores.DB),
      calm,
      during,
    };
  } finally {
    await server.close();
  }
}

/** Few games are played by many, as in a store. */
function drawEvents({ players, items, events }: BulkOptions): PlayerEvent[] {
  const random = createRandom(SEED, 'bulk');
  const now = Date.now();
  return Array.from({ length: players * events }, (_, n) => {
    const timestamp = now - Math.floor(ACTIVE_DAYS * DAY_MS * random.next());
    return completeEvent({
      id: `b${n}`,
      userId: `bulk-${n % players}`,
      type: random.pick(['play', 'play', 'click', 'view', 'like', 'purchase'] as const),
      itemId: `g${Math.floor(items * random.next() ** 2)}`,
      country: 'CH',
      timestamp,
      receivedAt: timestamp,
    });
  });
}

/** Milliseconds from the cron to the last gallery of the run. */
async function runJob(db: D1Database, players: number, start: () => Promise<void>): Promise<number> {
  // The job leaves out players whose gallery is fresh.
  await db.prepare('delete from batch_galleries').run();
  const startedAt = Date.now();
  const from = performance.now();
  await start();
  const count = db
    .prepare("select count(*) as made from batch_galleries where computed_at >= ?1 and user_id like 'bulk-%'")
    .bind(startedAt);
  while ((await count.first<number>('made'))! < players) {
    if (performance.now() - from > RUN_MS_MAX) throw new Error('the run did not end');
    await sleep(POLL_MS);
  }
  return performance.now() - from;
}

const readGalleryBytes = async (db: D1Database): Promise<number> =>
  (await db.prepare('select avg(length(body)) as bytes from batch_galleries').first<number>('bytes'))!;

async function timeGalleries(server: string, isWanted: (answered: number) => boolean): Promise<Latency> {
  const target = { url: `${server}/v1/users/player/gallery`, key: KEY };
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const times: number[] = [];
  try {
    while (isWanted(times.length)) {
      times.push(await timeOne(target, agent));
      await sleep(PAUSE_MS);
    }
  } finally {
    agent.destroy();
  }
  return { p50Ms: median(times), p99Ms: takePercentile(times, 0.99) };
}

export const formatBulk = (report: BulkReport): string =>
  [
    `${report.players.toLocaleString('en')} active players with ${report.events} events, ` +
      `${report.items.toLocaleString('en')} games`,
    `${report.galleriesPerSecond.toFixed(0)} galleries a second alone, ` +
      `${report.besideOnlinePerSecond.toFixed(0)} beside online galleries`,
    `a gallery: ${report.cpuMsPerGallery.toFixed(2)} ms of processor time, ` +
      `${(report.bytesPerGallery / 1_000).toFixed(1)} KB in D1`,
    `an online gallery, p50 and p99: calm ${formatLatency(report.calm)}, during a run ${formatLatency(report.during)}`,
  ].join('\n');

const formatLatency = ({ p50Ms, p99Ms }: Latency): string => `${p50Ms.toFixed(1)} and ${p99Ms.toFixed(1)} ms`;
