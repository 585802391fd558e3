// Measures serving: the real bundle in workerd, without wrangler dev's proxy, against a bare route in the same run.

import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { Item } from '../../models/contracts/item.ts';
import { putItems } from '../../workers/storage/items.ts';
import type { Stores } from '../../workers/storage/stores.ts';
import { PROJECT_DIR } from '../local/platform.ts';
import { type IsolateMemory, measureIsolateMemory } from './isolate-memory.ts';
import { type Latency, timeRequests } from './latency.ts';
import type { Load, LoadResult } from './load.ts';
import { publishRandomRelease } from './random-release.ts';
import { startWorkerd } from './workerd.ts';

const KEY = 'bench';
const ITEMS = 5_000;
const HISTORY = 50;
const CONNECTIONS = 8;
const RUNS = 5;
const SECONDS = 3;
const BATCH = 20;

export interface Comparison {
  name: string;
  /** Medians over the runs. */
  ours: LoadResult;
  baseline: LoadResult;
  /** Throughput, ours over the baseline's, run by run: median, least and greatest. */
  ratio: { median: number; min: number; max: number };
}

export interface ServingReport {
  comparisons: Comparison[];
  /** Of a server that has nothing else to do. */
  latencies: Record<'gallery' | 'bare', Latency>;
  memory: IsolateMemory;
  coldGalleryMs: number;
  coldModelMs: number;
  bundleMB: number;
  bundleGzipMB: number;
}

export async function benchServing(say: (message: string) => void): Promise<ServingReport> {
  say('measuring the memory of an isolate …');
  const memory = await measureIsolateMemory(KEY, fill);
  const closing: (() => Promise<void>)[] = [];
  try {
    say('starting workerd with the baseline …');
    const baseline = await startWorkerd({
      config: {
        name: 'baseline',
        main: path.join(import.meta.dirname, 'baseline-worker.ts'),
        compatibility_date: '2026-11-01',
        durable_objects: { bindings: [{ name: 'COUNTER', class_name: 'Counter' }] },
        migrations: [{ tag: 'v1', new_sqlite_classes: ['Counter'] }],
      },
    });
    closing.push(baseline.close);
    say('starting workerd with the bundle …');
    const ours = await startWorkerd({
      configPath: path.join(PROJECT_DIR, 'wrangler.toml'),
      secrets: { ADMIN_KEY: KEY },
    });
    closing.push(ours.close);

    say(`putting in ${ITEMS} items, a release and a player with ${HISTORY} events …`);
    await fill(await ours.stores());

    const gallery = `${ours.url}/v1/users/player/gallery`;
    const cold = performance.now();
    await get(gallery);
    const coldGalleryMs = performance.now() - cold;
    while ((await get<{ engine: string | null }>(`${ours.url}/v1/status`)).engine === null) {}
    const coldModelMs = performance.now() - cold;
    await post(`${ours.url}/v1/events`, {
      events: Array.from({ length: HISTORY }, (_, place) => ({
        id: `e${place}`,
        userId: 'player',
        type: 'play',
        itemId: `g${place * 97}`,
      })),
    });
    const { tier, degraded } = await get<{ tier: string; degraded: object[] }>(gallery);
    if (tier !== 'online' || degraded.length > 0)
      throw new Error(`the model does not serve: ${tier} ${JSON.stringify(degraded)}`);

    const recommendations = `${ours.url}/v1/users/player/recommendations?n=20`;
    const bare = { url: `${baseline.url}/`, key: KEY };
    const comparisons = [
      await compare('recommendations', { url: recommendations, key: KEY }, bare, say),
      await compare('gallery', { url: gallery, key: KEY }, bare, say),
      await compare(`ingest, batches of ${BATCH}`, { url: `${ours.url}/v1/events`, key: KEY, batch: BATCH }, bare, say),
    ];
    say('one request after another …');
    const latencies = await timeRequests({ gallery: { url: gallery, key: KEY }, bare });
    return {
      comparisons,
      latencies,
      memory,
      coldGalleryMs,
      coldModelMs,
      ...measureBundle(),
    };
  } finally {
    for (const close of closing) await close();
  }
}

async function compare(
  name: string,
  ours: Omit<Load, 'seconds' | 'connections'>,
  baseline: typeof ours,
  say: (message: string) => void,
): Promise<Comparison> {
  say(`${name}: warming up …`);
  for (const one of [ours, baseline]) await load(one, 2);
  const runs: { ours: LoadResult; baseline: LoadResult }[] = [];
  for (let run = 1; run <= RUNS; run++) {
    runs.push({ ours: await load(ours, SECONDS), baseline: await load(baseline, SECONDS) });
    say(`${name}: run ${run} of ${RUNS}`);
  }
  if (runs.some((run) => run.ours.failed + run.baseline.failed > 0)) throw new Error(`${name}: some requests failed`);
  const ratios = runs.map((run) => run.ours.requestsPerSecond / run.baseline.requestsPerSecond);
  const medians = (side: 'ours' | 'baseline'): LoadResult => ({
    requestsPerSecond: median(runs.map((run) => run[side].requestsPerSecond)),
    p50Ms: median(runs.map((run) => run[side].p50Ms)),
    p99Ms: median(runs.map((run) => run[side].p99Ms)),
    failed: 0,
  });
  return {
    name,
    ours: medians('ours'),
    baseline: medians('baseline'),
    ratio: { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) },
  };
}

async function load(what: Omit<Load, 'seconds' | 'connections'>, seconds: number): Promise<LoadResult> {
  const argument: Load = { ...what, seconds, connections: CONNECTIONS };
  const { stdout } = await promisify(execFile)(process.execPath, [
    path.join(import.meta.dirname, 'load.ts'),
    JSON.stringify(argument),
  ]);
  return JSON.parse(stdout);
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** What `wrangler deploy` would upload. */
function measureBundle(): { bundleMB: number; bundleGzipMB: number } {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'bloodstream-bundle-'));
  try {
    const wrangler = path.join(PROJECT_DIR, 'node_modules/wrangler/bin/wrangler.js');
    execFileSync(process.execPath, [wrangler, 'deploy', '--dry-run', '--outdir', folder], {
      cwd: PROJECT_DIR,
      stdio: 'ignore',
    });
    const files = readdirSync(folder).filter((name) => !/\.(map|md)$/.test(name));
    const bytes = files.map((name) => readFileSync(path.join(folder, name)));
    const megabytes = (parts: Uint8Array[]) => parts.reduce((sum, part) => sum + part.length, 0) / 1e6;
    return { bundleMB: megabytes(bytes), bundleGzipMB: megabytes(bytes.map((part) => gzipSync(part))) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function fill({ DB, BUCKET }: Stores): Promise<void> {
  const items = Array.from({ length: ITEMS }, (_, place) => makeItem(place));
  await putItems(DB, items);
  await publishRandomRelease(BUCKET, ITEMS);
}

const makeItem = (place: number): Item => ({
  itemId: `g${place}`,
  title: `Game ${place}`,
  genres: [['Action', 'Strategy', 'Racing', 'Puzzle'][place % 4]!],
  tags: [`tag-${place % 40}`, `tag-${place % 33}`],
  developer: `Studio ${place % 300}`,
  releaseDate: `20${10 + (place % 16)}-0${1 + (place % 9)}-15`,
  price: 19.99,
  currency: null,
  ageRating: 12,
  platforms: ['windows'],
  coverUrl: null,
  hidden: false,
});

async function get<T>(url: string): Promise<T> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${KEY}` } });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

async function post(url: string, body: object): Promise<void> {
  const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
}
