// `npm run train`: snapshot → train → evaluate → gate → publish, once or each time a snapshot is announced. What
// happens in between is models/training.

import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Item } from '../models/contracts/item.ts';
import { TRAINING_DUE_KEY } from '../models/contracts/layout.ts';
import type { ReleaseManifest } from '../models/contracts/release.ts';
import { TrainingDue } from '../models/contracts/snapshot.ts';
import { ALGORITHMS, chooseAlgorithms } from '../models/training/auto.ts';
import { InteractionLog } from '../models/training/interactions.ts';
import { DEVICES } from '../models/training/session.ts';
import { type TrainingInput, trainRelease } from '../models/training/train-release.ts';
import { listItems } from '../workers/storage/items.ts';
import { publishRelease, readCurrentRelease, readReleaseFile } from '../workers/storage/releases.ts';
import { readSnapshotEvents } from '../workers/storage/snapshot-events.ts';
import { readSnapshotManifest } from '../workers/storage/snapshots.ts';
import { openCheckpoints } from './checkpoints.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { readPeakMemoryMB } from './peak-memory.ts';
import { DEFAULT_STATE_DIR, openPlatform, type Platform } from './platform.ts';
import { createProgress } from './progress.ts';

type Stores = Pick<Platform, 'BUCKET' | 'DB'>;

const DEFAULT_BUDGET = '10m';
const HELP = `Trains models on the newest snapshot, publishes the one that does best on choices it has not seen.

  npm run train -- [--algorithms auto|A,B] [--budget 10m] [--seed N] [--device cpu|cuda] [--state DIR] [--force] [--watch] [--json]

  --algorithms  auto (all), or some of ${ALGORITHMS.map(({ name }) => name).join(',')}
  --budget      the time for all of them together, as 90s, 10m or 1h (${DEFAULT_BUDGET}); measuring and publishing come on top
  --seed        of what is random (1)
  --device      where what learns by gradient computes (cpu)
  --state DIR   where the data is kept (.wrangler/state); may be in use by \`npm start\`
  --force       publish even what is worse than popularity or than the release in use, or cannot be compared with it
  --watch       wait for snapshots that the Worker announces, and train on each
  --json        the outcome as JSON, one line per training

Ctrl-C ends the training early and goes on with the best so far; a second one ends at once. A training that was cut
short goes on where it was when it is started again on the same snapshot.

Exit code 0: published; 1: something went wrong; 2: refused, the release in use stays.
`;
const POLL_MS = 15_000;
const EVENTS_PER_UPDATE = 10_000;
const ITEMS_PER_PAGE = 1_000;
const REFUSED = 2;

interface Outcome {
  /** forced: published, although the gate refused it. */
  outcome: 'published' | 'forced' | 'refused';
  reason: string;
  manifest: ReleaseManifest;
  seconds: number;
  peakMemoryMB: number;
}

const flags = readFlags();
const count = (n: number) => n.toLocaleString('en');

async function main(): Promise<void> {
  if (flags.help) return console.log(HELP);
  // Before wrangler adds its own way of ending, whose exit hook still stops workerd. A training cut short leaves at most
  // files that no pointer names.
  if (flags.watch) for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0));
  const stores = await openPlatform(path.resolve(flags.state));
  try {
    if (flags.watch) await watch(stores);
    const outcome = await train(stores, endEarly());
    report(outcome);
    if (outcome.outcome === 'refused') process.exitCode = REFUSED;
  } finally {
    await stores.dispose();
  }
}

/** Aborted by the first Ctrl-C; the second ends the process. */
function endEarly(): AbortSignal {
  const controller = new AbortController();
  process.removeAllListeners('SIGINT');
  process.once('SIGINT', () => {
    console.error('\nEnding early with the best so far; Ctrl-C again ends at once.');
    controller.abort();
    process.once('SIGINT', () => process.exit(130));
  });
  return controller.signal;
}

/** Trains on what is announced, for ever: neither a refusal nor an error ends it. */
async function watch(stores: Stores): Promise<never> {
  console.error('Waiting for snapshots to train on …');
  const { BUCKET: bucket } = stores;
  let tried = '';
  for (;;) {
    try {
      const due = await readTrainingDue(bucket);
      const { manifest } = await readCurrentRelease(bucket);
      const learnt = manifest.ok ? (manifest.value?.data.snapshot ?? '') : '';
      // Versions are times, so the later is the greater.
      if (due !== undefined && due.snapshot > learnt && due.snapshot > tried) {
        console.error(`Snapshot ${due.snapshot} is announced, with ${count(due.newEvents)} new events.`);
        report(await train(stores, new AbortController().signal));
        // Only now: what failed for want of a connection is tried again.
        tried = due.snapshot;
      }
    } catch (error) {
      console.error(explain(error));
    }
    await sleep(POLL_MS);
  }
}

async function readTrainingDue(bucket: R2Bucket): Promise<TrainingDue | undefined> {
  const object = await bucket.get(TRAINING_DUE_KEY);
  return object === null ? undefined : TrainingDue.parse(await object.json());
}

async function train({ BUCKET: bucket, DB }: Stores, signal: AbortSignal): Promise<Outcome> {
  const startedAt = performance.now();
  const snapshot = await readSnapshotManifest(bucket);
  if (snapshot === undefined)
    throw new Error(
      `there is no snapshot in ${flags.state} yet. \`npm start\` makes one when it starts on an empty store; on a running system ` +
        'the Worker exports one every hour, and `curl "localhost:8787/cdn-cgi/handler/scheduled?cron=5+*+*+*+*"` does it now',
    );
  const { etag, current } = await readCurrent(bucket);

  const progress = createProgress();
  const log = new InteractionLog();
  let events = 0;
  for await (const event of readSnapshotEvents(bucket, snapshot)) {
    log.add(event);
    if (++events % EVENTS_PER_UPDATE === 0)
      progress.update(`reading ${count(events)} of ${count(snapshot.events)} events`);
  }
  const startedTraining = Date.now();
  const trained = await trainRelease({
    algorithms: flags.algorithms,
    interactions: log.collect(),
    catalogue: await readCatalogue(DB),
    snapshot,
    current,
    budgetMs: flags.budgetMs,
    seed: flags.seed,
    device: flags.device,
    signal,
    checkpoints: openCheckpoints(path.resolve(flags.state, 'training')),
    clock: Date.now,
    readPeakMemoryMB,
    onProgress: (step, share) => {
      const left = formatDuration(Math.max(0, flags.budgetMs - (Date.now() - startedTraining)));
      progress.update(`${step}${share === undefined ? '' : ` · ${Math.round(100 * share)}%`} · ${left} left`);
    },
  });
  progress.end();
  if (!trained.ok) throw new Error(`nothing to train on in snapshot ${snapshot.version}: ${trained.error}`);

  const { verdict, ...files } = trained.value;
  if (verdict.publish || flags.force) {
    const published = await publishRelease(bucket, files, etag, Date.now());
    if (!published.ok) throw new Error(published.error);
  }
  return {
    outcome: verdict.publish ? 'published' : flags.force ? 'forced' : 'refused',
    reason: verdict.reason,
    manifest: files.manifest,
    seconds: Math.round((performance.now() - startedAt) / 100) / 10,
    peakMemoryMB: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

async function readCatalogue(db: D1Database): Promise<Map<string, Item>> {
  const catalogue = new Map<string, Item>();
  let page: Item[];
  let last = '';
  do {
    page = await listItems(db, {}, last, ITEMS_PER_PAGE);
    for (const item of page) catalogue.set(item.itemId, item);
    last = page.at(-1)?.itemId ?? '';
  } while (page.length === ITEMS_PER_PAGE);
  return catalogue;
}

/** The release in use, to compare with. One that is broken stops the training: publishing unseen is for people to say. */
async function readCurrent(bucket: R2Bucket): Promise<{ etag: string | undefined; current: TrainingInput['current'] }> {
  const { etag, manifest } = await readCurrentRelease(bucket);
  try {
    if (!manifest.ok) throw new Error(manifest.error);
    if (manifest.value === undefined) return { etag, current: undefined };
    const vocabulary = await readReleaseFile(bucket, manifest.value.vocabulary);
    const model = await readReleaseFile(bucket, manifest.value.model);
    return { etag, current: { itemIds: JSON.parse(new TextDecoder().decode(vocabulary)), model } };
  } catch (error) {
    if (!flags.force)
      throw new Error(`${(error as Error).message}. --force publishes without comparing with it`, { cause: error });
    console.error(`Not compared with the release in use: ${(error as Error).message}`);
    return { etag, current: undefined };
  }
}

function report({ manifest, ...outcome }: Outcome): void {
  const { version, algorithm, parameters, items, data, metrics, model, trainSeconds } = manifest;
  if (flags.json) {
    const facts = { version, algorithm, parameters, items, data, metrics, modelBytes: model.bytes, trainSeconds };
    console.log(JSON.stringify({ ...outcome, ...facts }));
    return;
  }
  const row = (name: string, figures: ReleaseManifest['metrics']['candidate'] | null) =>
    figures &&
    `  ${name.padEnd(16)}HR@10 ${figures['hitRate@10'].toFixed(4)}   NDCG@10 ${figures['ndcg@10'].toFixed(4)}`;
  const lines = [
    `${algorithm} learnt from ${count(data.interactions)} choices of ${count(data.users)} players among ${count(items)} games in ${trainSeconds.toFixed(1)} s;`,
    `measured on the last choice of ${count(metrics.candidate.users)} players, held out:`,
    row('candidate', metrics.candidate),
    row('popularity', metrics.popularity),
    row('release in use', metrics.current),
    outcome.outcome === 'published' ? null : `The gate refuses: ${outcome.reason}.`,
    outcome.outcome === 'refused'
      ? 'Nothing is changed; --force publishes all the same.'
      : `Published ${version}, ${(model.bytes / 1e6).toFixed(1)} MB, after ${outcome.seconds} s with at most ${outcome.peakMemoryMB} MB.`,
  ];
  console.log(lines.filter((line) => line !== null).join('\n'));
}

function explain(error: unknown): string {
  return `train: ${(error as Error).message}`;
}

function readFlags() {
  try {
    const { values } = parseArgs({
      options: {
        algorithms: { type: 'string', default: 'auto' },
        budget: { type: 'string', default: DEFAULT_BUDGET },
        seed: { type: 'string', default: '1' },
        device: { type: 'string', default: 'cpu' },
        state: { type: 'string', default: DEFAULT_STATE_DIR },
        force: { type: 'boolean', default: false },
        watch: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const seed = Number(values.seed);
    if (!Number.isSafeInteger(seed)) throw new Error('--seed takes a whole number');
    const device = DEVICES.find((known) => known === values.device);
    if (device === undefined) throw new Error(`--device takes ${DEVICES.join(' or ')}`);
    const budget = parseDuration(values.budget);
    if (!budget.ok) throw new Error(`--budget: ${budget.error}`);
    return { ...values, seed, device, budgetMs: budget.value, algorithms: chooseAlgorithms(values.algorithms) };
  } catch (error) {
    console.error(`${explain(error)}; --help shows how`);
    process.exit(1);
  }
}

main().catch((error) => {
  console.error(explain(error));
  process.exitCode = 1;
});
