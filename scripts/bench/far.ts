// Measures galleries of the real Worker far from its stores, in workerd: of a warm isolate with D1 and R2 far away,
// beside the same isolate next to them, and with the player's object far away, by the answer's deadline.

import path from 'node:path';
import { readProduct } from '../local/product.ts';
import { type Latency, timeRequests } from './latency.ts';
import { takePercentile } from './rounds.ts';
import { fillStores, KEY, recordHistory } from './serving.ts';
import { startWorkerd } from './workerd.ts';

export interface FarReport {
  storeMs: number;
  objectMs: number;
  /** Galleries of a warm isolate. */
  near: Latency;
  far: Latency;
  /** Galleries while the player's object is far away. */
  objects: { deadlineMs: number; tier: string; degraded: string[]; p50Ms: number; items: number }[];
}

const DEADLINES_MS = [150, 200, 300, 600];
const REQUESTS = 20;
/** Five, as elsewhere, make a thousand requests: too few, since their p99 may double from one run to the next. */
const LATENCY_ROUNDS = 50;

export async function benchFar(storeMs: number, objectMs: number, log: (message: string) => void): Promise<FarReport> {
  log('starting three workerds: near, far from D1 and R2, far from the player’s object …');
  const servers = await Promise.all([startFar(0, 0), startFar(storeMs, 0), startFar(0, objectMs)]);
  try {
    for (const server of servers) {
      await fillStores(await server.stores());
      await recordHistory(server.url);
    }
    const [near, far, objects] = servers;
    const target = ({ url }: { url: string }) => ({ url: `${url}/v1/users/player/gallery`, key: KEY });
    log('one gallery after another, for two minutes …');
    const latencies = await timeRequests({ near: target(near!), far: target(far!) }, LATENCY_ROUNDS);
    return { storeMs, objectMs, ...latencies, objects: await askByDeadline(target(objects!).url) };
  } finally {
    for (const server of servers) await server.close();
  }
}

function startFar(storeMs: number, objectMs: number) {
  const product = readProduct();
  return startWorkerd({
    config: {
      ...product,
      main: path.join(import.meta.dirname, 'far-worker.ts'),
      vars: { ...product.vars, STORE_MS: `${storeMs}`, OBJECT_MS: `${objectMs}` },
    },
    secrets: { ADMIN_KEY: KEY },
  });
}

interface Answer {
  tier: string;
  degraded: { step: string }[];
  rows: { items: object[] }[];
}

async function askByDeadline(url: string): Promise<FarReport['objects']> {
  const rows: FarReport['objects'] = [];
  for (const deadlineMs of DEADLINES_MS) {
    const times: number[] = [];
    let answer: Answer | undefined;
    for (let request = 0; request < REQUESTS; request++) {
      const from = performance.now();
      const headers = { authorization: `Bearer ${KEY}` };
      const response = await fetch(`${url}?deadlineMs=${deadlineMs}`, { headers });
      answer = (await response.json()) as Answer;
      times.push(performance.now() - from);
    }
    const { tier, degraded, rows: shown } = answer!;
    const items = shown.reduce((sum, row) => sum + row.items.length, 0);
    const steps = degraded.map(({ step }) => step);
    rows.push({ deadlineMs, tier, degraded: steps, p50Ms: takePercentile(times, 0.5), items });
  }
  return rows;
}

export function formatFar({ storeMs, objectMs, near, far, objects }: FarReport): string {
  const latency = (what: string, { p50Ms, p99Ms }: Latency) =>
    `${what.padEnd(44)} ${p50Ms.toFixed(1).padStart(7)} ${p99Ms.toFixed(1).padStart(7)}`;
  const rows = objects.map(
    ({ deadlineMs, tier, degraded, p50Ms, items }) =>
      `${`${deadlineMs}`.padStart(8)}  ${tier.padEnd(11)} ${p50Ms.toFixed(0).padStart(5)} ${`${items}`.padStart(6)}  ` +
      (degraded.join(', ') || '–'),
  );
  return `${'a gallery of a warm isolate, ms'.padEnd(44)} ${'p50'.padStart(7)} ${'p99'.padStart(7)}
${latency('next to D1 and R2', near)}
${latency(`${storeMs} ms away from D1 and R2`, far)}
ratio ${(far.p50Ms / near.p50Ms).toFixed(2)} and ${(far.p99Ms / near.p99Ms).toFixed(2)}

with the player’s object ${objectMs} ms away
deadline  tier        p50 ms  games  degraded
${rows.join('\n')}`;
}
