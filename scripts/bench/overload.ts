// Measures a server under a burst of galleries and ingests: how late galleries are in comparison with a calm server in
// the same run, what is shed, whether anything acknowledged is lost, and how the server answers a second later.

import { execFile } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { readProduct } from '../local/product.ts';
import type { Burst, BurstResult } from './burst.ts';
import { compareRounds, formatRatio, median, type Ratio, takePercentile } from './rounds.ts';
import { fillStores, prepareServer } from './serving.ts';
import { startWorkerd } from './workerd.ts';

const KEY = 'bench';
const ROUNDS = 5;
const BURST = { galleries: 200, ingests: 200, eventsPerIngest: 20 };
/** As in the serving bench. */
const CALM = { galleries: 400, ingests: 0, eventsPerIngest: 0, connections: 8 };
const CALM_AFTER_MS = 1_000;
const LOG_WAIT_MS = 60_000;

interface Phase {
  /** Medians over the rounds. */
  p50Ms: number;
  p99Ms: number;
  /** Galleries of all rounds by degraded step; `none` for those that are not degraded. */
  degraded: Record<string, number>;
}

export interface OverloadReport {
  calm: Phase;
  burst: Phase;
  /** Measured from one second after a burst. */
  after: Phase;
  /** p99, divided by the calm server's in the same round. */
  burstRatio: Ratio;
  afterRatio: Ratio;
  ingestsRefused: number;
  /** Median time until the last ingest of a burst was acknowledged. */
  ingestMs: number;
  eventsAcknowledged: number;
  eventsLost: number;
}

export async function benchOverload(log: (message: string) => void): Promise<OverloadReport> {
  log('starting workerd with the bundle …');
  const server = await startWorkerd({ config: readProduct(), secrets: { ADMIN_KEY: KEY } });
  try {
    const stores = await server.stores();
    log('storing items and a release …');
    await fillStores(stores);
    await prepareServer(server.url);
    const send = (burst: Omit<Burst, 'url' | 'key'>) => runBurst({ ...burst, url: server.url, key: KEY });
    log('warming up …');
    await send({ ...CALM, name: 'warm-up' });
    const rounds = { calm: [] as BurstResult[], burst: [] as BurstResult[], after: [] as BurstResult[] };
    for (let round = 1; round <= ROUNDS; round++) {
      // The same players throughout a round: their objects exist before the burst.
      const name = `round-${round}`;
      rounds.calm.push(await send({ ...CALM, name }));
      rounds.burst.push(await send({ ...BURST, name }));
      await sleep(CALM_AFTER_MS);
      rounds.after.push(await send({ ...CALM, name }));
      log(`round ${round} of ${ROUNDS}: ${describeRound(rounds, round - 1)}`);
    }
    const acknowledged = rounds.burst.flatMap((burst) => burst.acknowledged);
    return { ...summarize(rounds), eventsLost: await countLost(stores.DB, acknowledged) };
  } finally {
    await server.close();
  }
}

async function runBurst(burst: Burst): Promise<BurstResult> {
  const script = path.join(import.meta.dirname, 'burst.ts');
  const run = promisify(execFile)(process.execPath, [script, JSON.stringify(burst)], { maxBuffer: 100e6 });
  const result: BurstResult = JSON.parse((await run).stdout);
  if (result.failed.length > 0) throw new Error(`${result.failed.length} requests failed: ${result.failed[0]}`);
  return result;
}

/** Waits until the queue has brought the events to the log. */
async function countLost(db: D1Database, acknowledged: readonly string[]): Promise<number> {
  const count = db.prepare('select count(*) as found from events where id in (select value from json_each(?))');
  const ids = JSON.stringify(acknowledged);
  for (let waitedMs = 0; ; waitedMs += 1_000) {
    const found = (await count.bind(ids).first<number>('found'))!;
    if (found === acknowledged.length || waitedMs >= LOG_WAIT_MS) return acknowledged.length - found;
    await sleep(1_000);
  }
}

type Rounds = Record<'calm' | 'burst' | 'after', BurstResult[]>;

const takeP99 = ({ galleryMs }: BurstResult): number => takePercentile(galleryMs, 0.99);

const describeRound = (rounds: Rounds, round: number): string =>
  (['calm', 'burst', 'after'] as const)
    .map((name) => `${name} p99 ${takeP99(rounds[name][round]!).toFixed(0)} ms`)
    .join(', ');

function summarize({ calm, burst, after }: Rounds): Omit<OverloadReport, 'eventsLost'> {
  return {
    calm: summarizePhase(calm),
    burst: summarizePhase(burst),
    after: summarizePhase(after),
    burstRatio: compareRounds(burst.map(takeP99), calm.map(takeP99)),
    afterRatio: compareRounds(after.map(takeP99), calm.map(takeP99)),
    ingestsRefused: burst.reduce((total, { refused }) => total + refused, 0),
    ingestMs: median(burst.map(({ ms }) => ms)),
    eventsAcknowledged: burst.reduce((total, { acknowledged }) => total + acknowledged.length, 0),
  };
}

function summarizePhase(results: readonly BurstResult[]): Phase {
  const degraded: Phase['degraded'] = {};
  for (const result of results)
    for (const [step, count] of Object.entries(result.degraded)) degraded[step] = (degraded[step] ?? 0) + count;
  return {
    p50Ms: median(results.map(({ galleryMs }) => median(galleryMs))),
    p99Ms: median(results.map(takeP99)),
    degraded,
  };
}

export function formatOverload(report: OverloadReport): string {
  const row = (name: string, { p50Ms, p99Ms, degraded }: Phase, ratio: string) =>
    `| ${name} | ${p50Ms.toFixed(0)} | ${p99Ms.toFixed(0)} | ${ratio} | ${formatCounts(degraded)} |`;
  return [
    '| galleries | p50, ms | p99, ms | p99 / calm (least–greatest) | degraded steps |',
    '|---|---|---|---|---|',
    row(`calm, ${CALM.connections} at a time`, report.calm, '1'),
    row(`${BURST.galleries} at once, with ${BURST.ingests} ingests`, report.burst, formatRatio(report.burstRatio)),
    row('a second later', report.after, formatRatio(report.afterRatio)),
    '',
    `ingests: ${report.ingestsRefused} refused in ${ROUNDS} bursts and sent again; the last acknowledged after ` +
      `${report.ingestMs.toFixed(0)} ms; ${report.eventsLost} of ${report.eventsAcknowledged} acknowledged events lost`,
  ].join('\n');
}

const formatCounts = (degraded: Record<string, number>): string =>
  Object.entries(degraded)
    .map(([step, count]) => `${step} ${count}`)
    .join(', ');
