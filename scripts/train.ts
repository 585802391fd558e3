// `npm run train`: snapshot → train → evaluate → gate → publish, once or each time a snapshot is announced. What
// happens in between is models/training.

import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { TRAINING_DUE_KEY } from '../models/contracts/layout.ts';
import type { ReleaseManifest } from '../models/contracts/release.ts';
import { TrainingDue } from '../models/contracts/snapshot.ts';
import { InteractionLog } from '../models/training/interactions.ts';
import { type TrainingInput, trainRelease } from '../models/training/train-release.ts';
import { publishRelease, readCurrentRelease, readReleaseFile } from '../workers/storage/releases.ts';
import { readSnapshotEvents } from '../workers/storage/snapshot-events.ts';
import { readSnapshotManifest } from '../workers/storage/snapshots.ts';
import { DEFAULT_STATE_DIR, openPlatform } from './platform.ts';
import { createProgress } from './progress.ts';

const HELP = `Trains a model on the newest snapshot, measures it on choices that it has not seen, and publishes it.

  npm run train -- [--state DIR] [--force] [--watch] [--json]

  --state DIR   where the data is kept (.wrangler/state); may be in use by \`npm start\`
  --force       publish even what is worse than popularity or than the release in use, or cannot be compared with it
  --watch       wait for snapshots that the Worker announces, and train on each
  --json        the outcome as JSON, one line per training

Exit code 0: published; 1: something went wrong; 2: refused, the release in use stays.
`;
const POLL_MS = 15_000;
const EVENTS_PER_UPDATE = 10_000;
const REFUSED = 2;

interface Outcome {
  /** forced: published, although the gate refused it. */
  outcome: 'published' | 'forced' | 'refused';
  reason: string;
  manifest: ReleaseManifest;
  seconds: number;
  peakMemoryMB: number;
}

const { values: flags } = readFlags();
const count = (n: number) => n.toLocaleString('en');

async function main(): Promise<void> {
  if (flags.help) return console.log(HELP);
  // Before wrangler adds its own way of ending, whose exit hook still stops workerd. A training cut short leaves at most
  // files that no pointer names.
  if (flags.watch) for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0));
  const { BUCKET, dispose } = await openPlatform(path.resolve(flags.state));
  try {
    if (flags.watch) await watch(BUCKET);
    const outcome = await train(BUCKET);
    report(outcome);
    if (outcome.outcome === 'refused') process.exitCode = REFUSED;
  } finally {
    await dispose();
  }
}

/** Trains on what is announced, for ever: neither a refusal nor an error ends it. */
async function watch(bucket: R2Bucket): Promise<never> {
  console.error('Waiting for snapshots to train on …');
  let tried = '';
  for (;;) {
    try {
      const due = await readTrainingDue(bucket);
      const { manifest } = await readCurrentRelease(bucket);
      const learnt = manifest.ok ? (manifest.value?.data.snapshot ?? '') : '';
      // Versions are times, so the later is the greater.
      if (due !== undefined && due.snapshot > learnt && due.snapshot > tried) {
        console.error(`Snapshot ${due.snapshot} is announced, with ${count(due.newEvents)} new events.`);
        report(await train(bucket));
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

async function train(bucket: R2Bucket): Promise<Outcome> {
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
  const trained = await trainRelease({
    interactions: log.collect(),
    snapshot,
    current,
    clock: Date.now,
    onProgress: (step, share) => progress.update(share === undefined ? step : `${step} ${Math.round(100 * share)}%`),
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
    return parseArgs({
      options: {
        state: { type: 'string', default: DEFAULT_STATE_DIR },
        force: { type: 'boolean', default: false },
        watch: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    console.error(`${explain(error)}; --help shows how`);
    process.exit(1);
  }
}

main().catch((error) => {
  console.error(explain(error));
  process.exitCode = 1;
});
