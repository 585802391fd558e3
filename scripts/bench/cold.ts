// Measures an isolate that has read nothing, in workerd: its first gallery and its first search, and the memory that it
// takes, then and after new catalogues and releases. The stores are in the same process, so reading them takes no time.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Item } from '../../models/contracts/item.ts';
import { createRandom } from '../../models/data/random.ts';
import { putItems } from '../../workers/storage/items.ts';
import { publishState } from '../../workers/storage/publish-state.ts';
import { writeStatistics } from '../../workers/storage/statistics.ts';
import type { Stores } from '../../workers/storage/stores.ts';
import { drawStore } from './draw-store.ts';
import { formatMemory, type InspectedWorker, type IsolateMemory, warmUp, withFilledStores } from './isolate-memory.ts';
import { publishRandomRelease } from './random-release.ts';
import { median } from './rounds.ts';
import { waitUntil } from './wait-until.ts';

const KEY = 'bench';
const STARTS = 3;
const SEARCHES = 20;
const RELEASES = ['bench-a', 'bench-b'] as const;
const GALLERY = '/v1/users/player/gallery';
const PORTION = 500;
/** Together with a release, so many changed games make a new file of the whole catalogue. */
const CHANGED_SHARE = 0.11;
const CHANGED_MIN = 2_001;
const POLL_MS = 250;

export interface ColdReport {
  results: ColdResult[];
}

interface ColdResult {
  items: number;
  /** One for each isolate, least first. */
  firstGalleriesMs: number[];
  /** Once the model serves. */
  firstSearchMs: number;
  laterSearchMs: number;
  memory: IsolateMemory;
  /** After each new catalogue and release. */
  swaps: IsolateMemory[];
}

export async function benchCold(
  sizes: readonly number[],
  swaps: number,
  log: (message: string) => void,
): Promise<ColdReport> {
  const results: ColdResult[] = [];
  for (const items of sizes) {
    log(`storing ${items.toLocaleString('en')} games …`);
    const games = drawGames(items);
    results.push(
      await withFilledStores(
        KEY,
        (stores) => fillStores(stores, games),
        async (start) => {
          const firstGalleriesMs: number[] = [];
          log(`${STARTS} isolates …`);
          for (let isolate = 1; isolate < STARTS; isolate++) firstGalleriesMs.push(await start(timeFirstGallery));
          return start(async (worker) => {
            firstGalleriesMs.push(await timeFirstGallery(worker));
            firstGalleriesMs.sort((a, b) => a - b);
            const measured = await measureWarm(worker);
            const swapped: IsolateMemory[] = [];
            for (let swap = 1; swap <= swaps; swap++) {
              log(`catalogue and release ${swap} of ${swaps} …`);
              await swapFiles(worker, games.items, swap);
              swapped.push(await worker.readMemory());
            }
            return { items, firstGalleriesMs, ...measured, swaps: swapped };
          });
        },
      ),
    );
  }
  return { results };
}

type Games = ReturnType<typeof drawStore>;

/** Under the ids of the release, with titles and covers like those of a store. */
export function drawGames(count: number): Games {
  const { items, statistics } = drawStore(count);
  const random = createRandom(1, 'titles');
  const drawWord = () => nameWord(Math.floor(WORDS * random.next() ** 3));
  const renumber = (itemId: string) => `g${Number(itemId.slice(1))}`;
  return {
    items: items.map((item) => ({
      ...item,
      itemId: renumber(item.itemId),
      title: Array.from({ length: 1 + random.below(4) }, drawWord).join(' '),
      coverUrl: `https://cdn.example.com/store/apps/${renumber(item.itemId)}/header.jpg`,
    })),
    statistics: {
      ...statistics,
      popular: statistics.popular.map(([itemId, score]) => [renumber(itemId), score]),
      trending: statistics.trending.map(([itemId, score]) => [renumber(itemId), score]),
      bestRated: statistics.bestRated.map(([itemId, score]) => [renumber(itemId), score]),
      hiddenGems: statistics.hiddenGems.map(([itemId, score]) => [renumber(itemId), score]),
    },
  };
}

const WORDS = 30_000;
const SYLLABLES = [
  'ka',
  'ri',
  'mon',
  'te',
  'las',
  'du',
  'ven',
  'sho',
  'ar',
  'bel',
  'quin',
  'or',
  'fa',
  'dra',
  'il',
  'ce',
];
/** A different word for each number. */
const nameWord = (n: number): string =>
  (n >= SYLLABLES.length ? nameWord(Math.floor(n / SYLLABLES.length)) : '') + SYLLABLES[n % SYLLABLES.length];

async function fillStores({ DB, BUCKET }: Stores, { items, statistics }: Games): Promise<void> {
  await putItems(DB, items);
  await writeStatistics(BUCKET, statistics);
  for (const version of RELEASES) await publishRandomRelease(BUCKET, items.length, version);
  await publishState({ DB, BUCKET }, Date.now());
}

async function timeFirstGallery({ get }: InspectedWorker): Promise<number> {
  const from = performance.now();
  const { rows, degraded } = await get<{ rows: object[]; degraded: { step: string }[] }>(GALLERY);
  const tookMs = performance.now() - from;
  const lacks = degraded.some(({ step }) => step === 'catalogue' || step === 'statistics');
  if (rows.length === 0 || lacks) throw new Error(`a first gallery without catalogue: ${JSON.stringify(degraded)}`);
  return tookMs;
}

async function measureWarm(worker: InspectedWorker): Promise<Omit<ColdResult, 'items' | 'firstGalleriesMs' | 'swaps'>> {
  const readStatus = () => worker.get<{ engine: string | null }>('/v1/status');
  await waitUntil('the model serves', async () => (await readStatus()).engine !== null, POLL_MS);
  await warmUp(worker);
  const searches: number[] = [];
  for (let search = 0; search < SEARCHES; search++) {
    const from = performance.now();
    await worker.get(`/v1/users/player/search?q=${nameWord(3_000 + search)}&record=false`);
    searches.push(performance.now() - from);
  }
  const [firstSearchMs, ...later] = searches as [number, ...number[]];
  return { firstSearchMs, laterSearchMs: median(later), memory: await worker.readMemory() };
}

/** Changes so many games that the whole catalogue is published again, and activates the other release. */
async function swapFiles(worker: InspectedWorker, items: readonly Item[], swap: number): Promise<void> {
  const count = Math.max(Math.min(CHANGED_MIN, items.length), Math.ceil(CHANGED_SHARE * items.length));
  for (let from = 0; from < count; from += PORTION) {
    const portion = Array.from({ length: Math.min(PORTION, count - from) }, (_, n) => {
      const item = items[(swap * count + from + n) % items.length]!;
      return { ...item, title: `${item.title} ${swap}` };
    });
    await worker.send('POST', '/v1/items', { items: portion });
  }
  const version = RELEASES[swap % RELEASES.length]!;
  await worker.send('POST', `/v1/releases/${version}/activate`);
  const readStatus = () => worker.get<{ release: string }>('/v1/status');
  await waitUntil(`${version} serves`, async () => (await readStatus()).release === version, POLL_MS);
  // Behind the answers: the publication, and then what it names.
  await sleep(SETTLE_MS);
  await warmUp(worker);
}
const SETTLE_MS = 15_000;

export function formatCold({ results }: ColdReport): string {
  return results
    .map(({ items, firstGalleriesMs, firstSearchMs, laterSearchMs, memory, swaps }) =>
      [
        `${items.toLocaleString('en')} games`,
        `  first gallery of a cold isolate   ${firstGalleriesMs.map((ms) => ms.toFixed(0)).join(', ')} ms`,
        `  first search, later ones          ${firstSearchMs.toFixed(0)}, ${laterSearchMs.toFixed(0)} ms`,
        `  memory                            ${formatMemory(memory)}`,
        ...swaps.map(
          (one, swap) => `  after swap ${`${swap + 1}`.padStart(2)}                     ${formatMemory(one)}`,
        ),
      ].join('\n'),
    )
    .join('\n\n');
}
