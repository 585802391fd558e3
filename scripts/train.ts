// `npm run train`: snapshot → train → measure → seal → gate → publish, once or for each announced snapshot. The
// training itself is models/release. If no server uses the store, it brings the snapshot up to date first.

import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TRAINING_DUE_KEY } from '../models/contracts/layout.ts';
import type { ReleaseFiles } from '../models/contracts/release.ts';
import { TrainingDue } from '../models/contracts/snapshot.ts';
import { type DataSize, measureData, planBudget } from '../models/release/budget.ts';
import { type TrainedRelease, trainRelease } from '../models/release/train-release.ts';
import { withLease } from '../workers/storage/leases.ts';
import { type Publication, publishRelease, readCurrentRelease } from '../workers/storage/releases.ts';
import { openCheckpoints } from './local/checkpoints.ts';
import { exportLog } from './log/catch-up.ts';
import { compactLog } from './log/compact.ts';
import { fileCache } from './log/fetch-files.ts';
import { type ChosenStores, chooseStores, type OpenStores } from './stores/choose.ts';
import { runCommand } from './terminal/command.ts';
import { formatDuration } from './terminal/duration.ts';
import { endEarlyOnInterrupt } from './terminal/end-early.ts';
import { reserveStdout } from './terminal/json-output.ts';
import { readPeakMemoryMB } from './terminal/peak-memory.ts';
import { createProgress, type Progress } from './terminal/progress.ts';
import { handleSignals } from './terminal/shutdown.ts';
import { createTrainCommand, type Flags, REFUSED } from './train/command.ts';
import { type Material, readMaterial } from './train/read.ts';
import { readNewestSnapshot } from './train/recent-releases.ts';
import { formatReport, type Outcome, toJson } from './train/report.ts';
import { assertAccepted, readSigningKey, type SigningKey } from './train/signing-key.ts';

const POLL_MS = 15_000;
/** JSON without indentation: one line per training. */
const LINE = 0;
/** In the account's D1. */
const LEASE = 'training';

type ReleaseVars = Pick<Env, 'RELEASE_KEYS'>;

/** Whose releases are accepted, and the key that signs this one. */
interface Signing {
  /** RELEASE_KEYS of wrangler.toml. */
  releaseKeys: string | undefined;
  signingKey: SigningKey | undefined;
}

async function runTrain(flags: Flags): Promise<void> {
  for (const algorithm of Object.keys(flags.counts ?? {}))
    if (!flags.algorithms.some(({ name }) => name === algorithm))
      throw new Error(`there are counts for ${algorithm}, which --algorithms leaves out`);
  const printJson = flags.json ? reserveStdout() : undefined;
  const signingKey = readSigningKey(flags.signingKey);
  const chosen = await chooseStores(flags);
  const { RELEASE_KEYS } = chosen.readVars<ReleaseVars>();
  assertAccepted(signingKey, RELEASE_KEYS);
  const signing: Signing = { releaseKeys: RELEASE_KEYS, signingKey };
  const print = (outcome: Outcome) =>
    printJson ? printJson(toJson(outcome), LINE) : console.log(formatReport(outcome));
  if (flags.watch) return watch(flags, chosen, signing, print);
  const outcome = await train(flags, chosen, signing, endEarlyOnInterrupt);
  print(outcome);
  if (outcome.outcome === 'refused') process.exitCode = REFUSED;
}

/** Trains on announced snapshots for ever: neither a refusal nor an error ends it. */
async function watch(
  flags: Flags,
  chosen: ChosenStores,
  signing: Signing,
  print: (outcome: Outcome) => void,
): Promise<never> {
  // An interrupted training leaves at most files that no pointer names.
  handleSignals(0);
  console.error('Waiting for snapshots to train on: the Worker makes one each hour …');
  let tried: string | undefined;
  for (;;) {
    try {
      const due = await chosen.open(async (stores) => {
        // A start does not train again on the snapshot of a release that people have replaced, or not put to use.
        tried ??= await readNewestSnapshot({ BUCKET: stores.BUCKET, RELEASE_KEYS: signing.releaseKeys });
        return waitForSnapshot(stores, signing, tried);
      });
      console.error(`Snapshot ${due.snapshot} is announced, with ${due.newEvents.toLocaleString('en')} new events.`);
      print(await train(flags, chosen, signing, (run) => run(new AbortController().signal)));
      // Set only now, so that a failed training, for instance without a connection, is tried again; but not after a
      // failed compaction, which would repeat a training that the gate refused.
      tried = due.snapshot;
      // While nothing else is waiting: readers of the files just used keep them for two days.
      await chosen.open(({ BUCKET, state }) => compactLog(BUCKET, fileCache(state), Date.now()));
    } catch (error) {
      console.error(`train: ${(error as Error).message}`);
      await sleep(POLL_MS);
    }
  }
}

/** Waits for a snapshot that is newer than the one of the release in use and newer than `tried`. */
async function waitForSnapshot(
  { BUCKET: bucket }: OpenStores,
  { releaseKeys }: Signing,
  tried: string,
): Promise<TrainingDue> {
  for (;;) {
    const object = await bucket.get(TRAINING_DUE_KEY);
    const due = object === null ? undefined : TrainingDue.parse(await object.json());
    const { manifest } = await readCurrentRelease({ BUCKET: bucket, RELEASE_KEYS: releaseKeys });
    const trained = manifest.ok ? (manifest.value?.data.snapshot ?? '') : '';
    // Versions are times: the later one is greater.
    if (due !== undefined && due.snapshot > trained && due.snapshot > tried) return due;
    await sleep(POLL_MS);
  }
}

type Interruptible<T> = (signal: AbortSignal) => Promise<T>;

/** `run`: runs the part that may be ended early. */
type RunPart = <T>(part: Interruptible<T>) => Promise<T>;

/** On an account, one training at a time: the second would be thrown away when the first has moved the pointer. */
async function train(flags: Flags, chosen: ChosenStores, signing: Signing, run: RunPart): Promise<Outcome> {
  const work = () => trainOnce(flags, chosen, signing, run);
  if (!chosen.isRemote) return work();
  const done = await chosen.open(({ DB }) => withLease(DB, LEASE, work));
  if (done !== undefined) return done.result;
  throw new Error(
    `another training of ${chosen.name} is running: wait for it; one that was killed blocks others for two minutes`,
  );
}

async function trainOnce(flags: Flags, chosen: ChosenStores, signing: Signing, run: RunPart): Promise<Outcome> {
  const startedAt = performance.now();
  const progress = createProgress();
  const material = await chosen.open(async (stores) => {
    // A running server exports by itself.
    if (!chosen.isServed()) await exportLog(stores, (step) => progress.update(step));
    return readMaterial(stores, { ...flags, name: chosen.name }, signing.releaseKeys, progress);
  });
  // Local stores are closed during the training: a Ctrl-C in a terminal reaches workerd too, and ends it.
  const { verdict, candidates, ranker, peakMemoryMB, ...files } = await run((signal) =>
    trainOnMaterial(flags, chosen.state, material, signal, progress),
  );
  progress.end();
  const publication =
    verdict.publish || flags.force
      ? await publish(chosen, files, material.etag, signing.signingKey, flags.canary)
      : undefined;
  return {
    outcome: nameOutcome(verdict.publish, publication),
    pinned: publication?.isPinned ? publication.pointer.version : null,
    isCanary: publication?.isCanary ?? false,
    reason: verdict.reason,
    manifest: files.manifest,
    candidates,
    ranker,
    seconds: Math.round((performance.now() - startedAt) / 100) / 10,
    peakMemoryMB,
  };
}

async function publish(
  chosen: ChosenStores,
  files: ReleaseFiles,
  etag: string | undefined,
  key: SigningKey | undefined,
  canaryShare: number | undefined,
): Promise<Publication> {
  const options = { sign: key?.sign, canaryShare };
  const published = await chosen.open(({ BUCKET }) => publishRelease(BUCKET, files, etag, Date.now(), options));
  if (!published.ok) throw new Error(published.error);
  return published.value;
}

function nameOutcome(passed: boolean, publication: Publication | undefined): Outcome['outcome'] {
  if (publication === undefined) return 'refused';
  return passed ? 'published' : 'forced';
}

async function trainOnMaterial(
  { algorithms, budget, seed, device }: Flags,
  state: string,
  material: Material,
  signal: AbortSignal,
  progress: Progress,
): Promise<TrainedRelease & { peakMemoryMB: number }> {
  let peakMemoryMB = 0;
  // Each reading starts a new peak: the overall one is the largest of them.
  const readPeak = () => {
    const peak = readPeakMemoryMB();
    peakMemoryMB = Math.max(peakMemoryMB, peak);
    return peak;
  };
  const size = measureData(material.interactions, material.catalogue);
  const budgetMs = planBudget(budget, size);
  console.error(`Training for ${formatDuration(budgetMs)} at most, then measuring: ${formatSize(size)}.`);
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
  if (!trained.ok)
    throw new Error(
      `nothing to train on in snapshot ${material.snapshot.version}: ${trained.error}. ` +
        'Train again once there are more events, from players or from `npm run import`',
    );
  readPeak();
  progress.end();
  for (const { algorithm, reason } of trained.value.missing) console.error(`${algorithm}: ${reason}.`);
  return { ...trained.value, peakMemoryMB };
}

const formatSize = ({ interactions, items }: DataSize): string =>
  `${interactions.toLocaleString('en')} interactions, ${items.toLocaleString('en')} games`;

await runCommand(createTrainCommand().action(runTrain));
