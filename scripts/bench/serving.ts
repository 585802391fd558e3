// Measures serving: the real bundle in workerd against a bare route in the same run, without wrangler dev’s proxy and
// the static page.

import path from 'node:path';
import type { Item } from '../../models/contracts/item.ts';
import { putItems } from '../../workers/storage/items.ts';
import type { Stores } from '../../workers/storage/stores.ts';
import { readProduct } from '../local/product.ts';
import { type BundleSize, measureBundle } from './bundle-size.ts';
import { type Comparison, compareLoads } from './compare-loads.ts';
import { type IsolateMemory, measureIsolateMemory } from './isolate-memory.ts';
import { type Latency, timeRequests } from './latency.ts';
import { publishRandomRelease } from './random-release.ts';
import { waitUntil } from './wait-until.ts';
import { startWorkerd } from './workerd.ts';

export const KEY = 'bench';
export const ITEMS = 20_000;
const HISTORY = 50;
/** Between the items of the history, so that they come from the whole catalogue. */
const STRIDE = 97;
const BATCH = 20;

export interface ServingReport extends BundleSize, ColdStart {
  comparisons: Comparison[];
  /** On an otherwise idle server. */
  latencies: Record<'gallery' | 'bare', Latency>;
  memory: IsolateMemory;
}

interface ColdStart {
  coldGalleryMs: number;
  coldModelMs: number;
}

export async function benchServing(log: (message: string) => void): Promise<ServingReport> {
  log('measuring the memory of an isolate …');
  const memory = await measureIsolateMemory(KEY, fillStores);
  log('starting workerd with the baseline …');
  const baseline = await startBaseline();
  try {
    log('starting workerd with the bundle …');
    const ours = await startWorkerd({ config: readProduct(), secrets: { ADMIN_KEY: KEY } });
    try {
      log(`storing ${ITEMS} items, a release and a player with ${HISTORY} events …`);
      await fillStores(await ours.stores());
      const coldStart = await prepareServer(ours.url);
      return { memory, ...coldStart, ...(await compareServers(ours.url, baseline.url, log)), ...measureBundle() };
    } finally {
      await ours.close();
    }
  } finally {
    await baseline.close();
  }
}

const startBaseline = () =>
  startWorkerd({
    config: {
      name: 'baseline',
      main: path.join(import.meta.dirname, 'baseline-worker.ts'),
      compatibility_date: '2026-11-01',
      durable_objects: { bindings: [{ name: 'COUNTER', class_name: 'Counter' }] },
      migrations: [{ tag: 'v1', new_sqlite_classes: ['Counter'] }],
    },
  });

const galleryOf = (server: string) => `${server}/v1/users/player/gallery`;

/** As recordHistory. Throws if the model does not serve afterwards. */
export async function prepareServer(server: string): Promise<ColdStart> {
  const coldStart = await recordHistory(server);
  const { tier, degraded } = await get<{ tier: string; degraded: object[] }>(galleryOf(server));
  if (tier !== 'online' || degraded.length > 0)
    throw new Error(`the model does not serve: ${tier} ${JSON.stringify(degraded)}`);
  return coldStart;
}

/** Times the cold start, then records the player's history. */
export async function recordHistory(server: string): Promise<ColdStart> {
  const startedAt = performance.now();
  await get(galleryOf(server));
  const coldGalleryMs = performance.now() - startedAt;
  const readStatus = () => get<{ engine: string | null }>(`${server}/v1/status`);
  await waitUntil('the model serves', async () => (await readStatus()).engine !== null);
  const coldModelMs = performance.now() - startedAt;
  await post(`${server}/v1/events`, {
    events: Array.from({ length: HISTORY }, (_, event) => ({
      id: `e${event}`,
      userId: 'player',
      type: 'play',
      itemId: `g${event * STRIDE}`,
    })),
  });
  return { coldGalleryMs, coldModelMs };
}

async function compareServers(
  server: string,
  baseline: string,
  log: (message: string) => void,
): Promise<Pick<ServingReport, 'comparisons' | 'latencies'>> {
  const gallery = { url: galleryOf(server), key: KEY };
  const recommendations = { url: `${server}/v1/users/player/recommendations?n=20`, key: KEY };
  const ingest = { url: `${server}/v1/events`, key: KEY, batch: BATCH };
  const bare = { url: `${baseline}/`, key: KEY };
  const comparisons = [
    await compareLoads('recommendations', recommendations, bare, log),
    await compareLoads('gallery', gallery, bare, log),
    await compareLoads(`ingest, batches of ${BATCH}`, ingest, bare, log),
  ];
  log('one request after another …');
  return { comparisons, latencies: await timeRequests({ gallery, bare }) };
}

export async function fillStores({ DB, BUCKET }: Stores, items = ITEMS): Promise<void> {
  await putItems(
    DB,
    Array.from({ length: items }, (_, itemIndex) => makeItem(itemIndex)),
  );
  await publishRandomRelease(BUCKET, items);
}

const makeItem = (itemIndex: number): Item => ({
  itemId: `g${itemIndex}`,
  title: `Game ${itemIndex}`,
  genres: [['Action', 'Strategy', 'Racing', 'Puzzle'][itemIndex % 4]!],
  tags: [`tag-${itemIndex % 40}`, `tag-${itemIndex % 33}`],
  developer: `Studio ${itemIndex % 300}`,
  releaseDate: `20${10 + (itemIndex % 16)}-0${1 + (itemIndex % 9)}-15`,
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
