// `npm run train`: snapshot → train → evaluate → gate → publish, once or each time a snapshot is announced. What
// happens in between is models/training.

import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TRAINING_DUE_KEY } from '../models/contracts/layout.ts';
import { TrainingDue } from '../models/contracts/snapshot.ts';
import { type TrainedRelease, trainRelease } from '../models/release/train-release.ts';
import { publishRelease, readCurrentRelease } from '../workers/storage/releases.ts';
import { openCheckpoints } from './local/checkpoints.ts';
import { type Platform, withPlatform } from './local/platform.ts';
import { formatDuration } from './terminal/duration.ts';
import { endEarlyOnInterrupt } from './terminal/end-early.ts';
import { readPeakMemoryMB } from './terminal/peak-memory.ts';
import { createProgress, type Progress } from './terminal/progress.ts';
import { type Flags, HELP, readFlags } from './train/flags.ts';
import { type Material, readMaterial } from './train/read.ts';
import { formatJson, formatReport, type Outcome } from './train/report.ts';

const POLL_MS = 15_000;
const REFUSED = 2;

async function main(): Promise<void> {
  const flags = readFlags(process.argv.slice(2));
  if (flags.help) return console.log(HELP);
  if (flags.watch) return watch(flags);
  const { outcome } = await train(flags, endEarlyOnInterrupt);
  if (outcome === 'refused') process.exitCode = REFUSED;
}

/** Trains on what is announced, for ever: neither a refusal nor an error ends it. */
async function watch(flags: Flags): Promise<never> {
  // Before wrangler adds its own way of ending, whose exit hook still stops workerd. A training cut short leaves at most
  // files that no pointer names.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0));
  console.error('Waiting for snapshots to train on …');
  let tried = '';
  for (;;) {
    try {
      const due = await withPlatform(flags.state, (stores) => waitForSnapshot(stores, tried));
      console.error(`Snapshot ${due.snapshot} is announced, with ${due.newEvents.toLocaleString('en')} new events.`);
      await train(flags, (learn) => learn(new AbortController().signal));
      // Only now: what failed for want of a connection is tried again.
      tried = due.snapshot;
    } catch (error) {
      console.error(explain(error));
      await sleep(POLL_MS);
    }
  }
}

/** The first to be announced that is newer than what the release in use has learnt from, and than `tried`. */
async function waitForSnapshot({ BUCKET: bucket }: Platform, tried: string): Promise<TrainingDue> {
  for (;;) {
    const object = await bucket.get(TRAINING_DUE_KEY);
    const due = object === null ? undefined : TrainingDue.parse(await object.json());
    const { manifest } = await readCurrentRelease(bucket);
    const learnt = manifest.ok ? (manifest.value?.data.snapshot ?? '') : '';
    // Versions are times, so the later is the greater.
    if (due !== undefined && due.snapshot > learnt && due.snapshot > tried) return due;
    await sleep(POLL_MS);
  }
}

type Learn<T> = (signal: AbortSignal) => Promise<T>;

/** `run`: runs the part that may be ended early, with the signal to do so. */
async function train(flags: Flags, run: <T>(learn: Learn<T>) => Promise<T>): Promise<Outcome> {
  const startedAt = performance.now();
  const progress = createProgress();
  const material = await withPlatform(flags.state, (stores) => readMaterial(stores, flags, progress));
  // The stores are closed while it learns: a Ctrl-C in a terminal reaches workerd too, and ends it.
  const { verdict, candidates, ranker, peakMemoryMB, ...files } = await run((signal) =>
    learn(flags, material, signal, progress),
  );
  progress.end();
  if (verdict.publish || flags.force) {
    const published = await withPlatform(flags.state, ({ BUCKET }) =>
      publishRelease(BUCKET, files, material.etag, Date.now()),
    );
    if (!published.ok) throw new Error(published.error);
  }
  const outcome: Outcome = {
    outcome: verdict.publish ? 'published' : flags.force ? 'forced' : 'refused',
    reason: verdict.reason,
    manifest: files.manifest,
    candidates,
    ranker,
    seconds: Math.round((performance.now() - startedAt) / 100) / 10,
    peakMemoryMB,
  };
  console.log(flags.json ? formatJson(outcome) : formatReport(outcome));
  return outcome;
}

async function learn(
  { algorithms, budgetMs, seed, device, state }: Flags,
  material: Material,
  signal: AbortSignal,
  progress: Progress,
): Promise<TrainedRelease & { peakMemoryMB: number }> {
  let peakMemoryMB = 0;
  // Each reading begins a new peak: that of the whole is the greatest of them.
  const readPeak = () => {
    const peak = readPeakMemoryMB();
    peakMemoryMB = Math.max(peakMemoryMB, peak);
    return peak;
  };
  const endsAt = performance.now() + budgetMs;
  const trained = await trainRelease({
    ...material,
    algorithms,
    budgetMs,
    seed,
    device,
    signal,
    checkpoints: openCheckpoints(path.join(state, 'training')),
    clock: Date.now,
    readPeakMemoryMB: readPeak,
    onProgress(step, share) {
      const done = share === undefined ? '' : ` · ${Math.round(100 * share)}%`;
      progress.update(`${step}${done} · ${formatDuration(endsAt - performance.now())} left`);
    },
  });
  if (!trained.ok) throw new Error(`nothing to train on in snapshot ${material.snapshot.version}: ${trained.error}`);
  readPeak();
  progress.end();
  for (const { algorithm, reason } of trained.value.missing) console.error(`${algorithm}: ${reason}.`);
  return { ...trained.value, peakMemoryMB };
}

const explain = (error: unknown): string => `train: ${(error as Error).message}`;

main().catch((error) => {
  console.error(explain(error));
  process.exitCode = 1;
});
