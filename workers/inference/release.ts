// Loads a release into the isolate: pointer → manifest → files → engine → self-test. The result is a whole, tested
// release, or an error; only the ranking model may be left out. If the newest is broken, an isolate without a release
// loads the previous one; an isolate with a release keeps it.

import { decodeNeighbourFile, type NeighbourTables } from '../../models/contracts/neighbours.ts';
import type { NamedRelease, ReadManifest, ReleasePointer } from '../../models/contracts/release.ts';
import { logError, logWarning } from '../logging/log.ts';
import { R2UnavailableError, type ReleaseEnv, readManifest } from '../storage/releases.ts';
import { createPlainScorer } from './plain.ts';
import { type LoadedRanking, loadRanking } from './ranker.ts';
import { readCachedFile } from './release-files.ts';
import { assertTrainedOn, RefusedModelError, type Scorer, selfTest } from './scorer.ts';

export interface LoadedRelease {
  manifest: ReadManifest;
  scorer: Scorer;
  /** The only part that changes: it is loaded again after a failure. */
  ranking: LoadedRanking;
  rankingLoadedAt: number;
  neighbours: NeighbourTables;
  /** Item index → item id, and back. */
  itemIds: readonly string[];
  itemIndices: ReadonlyMap<string, number>;
  /** Why the release that the pointer names could not be loaded, if this is the one before; undefined otherwise. */
  newestFailure: string | undefined;
}

/** A broken release or ranking model is not fetched again for this long, unless the pointer moves. */
const RETRY_MS = 60_000;
/** A load that died with its request does not block later ones for longer. */
const ABANDON_MS = 30_000;
/** Loads that run, by version: an isolate has no memory for the same release twice beside the one in use. */
const running = new Map<string, { done: Promise<LoadedRelease>; startedAt: number }>();
/** Why each release is broken, by version. */
const broken = new Map<string, { reason: string; at: number }>();

/** True if this isolate could not load the release when it last tried. */
export const isBroken = (version: string): boolean => broken.has(version);

/** The next load tries broken releases at once: operators may have mended the one that they activate. */
export const forgetBroken = (): void => broken.clear();

/**
 * The release that the pointer names; `loaded` if that is it or there is no pointer. If it is broken and nothing is
 * loaded: the previous release. `now`: epoch milliseconds.
 */
export async function loadRelease(
  env: ReleaseEnv,
  pointer: (NamedRelease & Pick<ReleasePointer, 'previous'>) | undefined,
  loaded: LoadedRelease | undefined,
  now: number,
): Promise<LoadedRelease | undefined> {
  if (pointer === undefined) return loaded;
  if (loaded?.manifest.version === pointer.version) {
    loaded.newestFailure = undefined;
    await retryRanking(env.BUCKET, loaded, now);
    return loaded;
  }
  try {
    return await loadOnce(env, pointer, now);
  } catch (error) {
    if (loaded !== undefined || pointer.previous === null) throw error;
    return loadStandIn(env, pointer.previous, (error as Error).message, now);
  }
}

/** Throws both reasons if this release is broken, too. */
async function loadStandIn(
  env: ReleaseEnv,
  previous: NamedRelease,
  newestFailure: string,
  now: number,
): Promise<LoadedRelease> {
  try {
    const release = await loadOnce(env, previous, now);
    logError('release before the newest stands in', { release: previous.version, error: newestFailure });
    // The same object, which other callers may share: a copy would be retired with its engine in use.
    release.newestFailure = newestFailure;
    return release;
  } catch (error) {
    throw new Error(`${newestFailure}; ${(error as Error).message}`, { cause: error });
  }
}

/** Shares a load of the release that already runs. */
function loadOnce(env: ReleaseEnv, named: NamedRelease, now: number): Promise<LoadedRelease> {
  const { version } = named;
  const found = running.get(version);
  if (found !== undefined && now - found.startedAt <= ABANDON_MS) return found.done;
  const done = loadUnlessBroken(env, named, now).finally(() => {
    if (running.get(version)?.done === done) running.delete(version);
  });
  running.set(version, { done, startedAt: now });
  return done;
}

async function loadUnlessBroken(env: ReleaseEnv, named: NamedRelease, now: number): Promise<LoadedRelease> {
  const { version } = named;
  const known = broken.get(version);
  if (known !== undefined && now - known.at < RETRY_MS) throw new Error(known.reason);
  try {
    const loaded = await loadVersion(env, named, now);
    broken.delete(version);
    return loaded;
  } catch (error) {
    const reason = `${version}: ${(error as Error).message}`;
    if (!(error instanceof R2UnavailableError)) broken.set(version, { reason, at: now });
    throw new Error(reason);
  }
}

async function loadVersion(env: ReleaseEnv, named: NamedRelease, now: number): Promise<LoadedRelease> {
  const manifest = await readManifest(env, named, readCachedFile);
  const { BUCKET: bucket } = env;
  const [model, vocabulary, neighbourFile] = await Promise.all([
    readCachedFile(bucket, manifest.model),
    readCachedFile(bucket, manifest.vocabulary),
    readCachedFile(bucket, manifest.neighbours),
  ]);
  const itemIds: string[] = JSON.parse(new TextDecoder().decode(vocabulary));
  const itemIndices = new Map(itemIds.map((itemId, index) => [itemId, index]));
  if (itemIds.length !== manifest.items || itemIndices.size !== manifest.items)
    throw new Error(`a vocabulary of ${itemIndices.size} items, but the manifest says ${manifest.items}`);
  const neighbours = decodeNeighbourFile(neighbourFile, manifest.items, manifest.neighbours.perItem);
  if (!neighbours.ok) throw new Error(neighbours.error);
  assertTrainedOn(model, manifest);
  const scorer = await startEngine(model, manifest, neighbours.value, itemIndices);
  const ranking = await loadRanking(bucket, manifest.ranking, scorer.engine);
  return {
    manifest,
    scorer,
    ranking,
    rankingLoadedAt: now,
    neighbours: neighbours.value,
    itemIds,
    itemIndices,
    newestFailure: undefined,
  };
}

async function retryRanking(bucket: R2Bucket, release: LoadedRelease, now: number): Promise<void> {
  if (release.ranking.failure === undefined || now - release.rankingLoadedAt < RETRY_MS) return;
  release.rankingLoadedAt = now;
  release.ranking = await loadRanking(bucket, release.manifest.ranking, release.scorer.engine);
}

/** Frees ORT's memory for a release. */
export async function retireRelease({ scorer, ranking }: LoadedRelease): Promise<void> {
  await Promise.all([scorer.release(), ranking.ranker?.release()]);
}

/** ORT, once it has passed the release's self-test; the plain scorer if ORT cannot start. */
async function startEngine(
  model: Uint8Array,
  manifest: ReadManifest,
  neighbours: NeighbourTables,
  itemIndices: ReadonlyMap<string, number>,
): Promise<Scorer> {
  let scorer: Scorer;
  try {
    const { createOrtScorer } = await import('./ort.ts');
    scorer = await createOrtScorer(model);
  } catch (error) {
    if (error instanceof RefusedModelError) throw error;
    logWarning('onnxruntime does not start, plain scorer instead', { error: String(error) });
    return createPlainScorer(neighbours, manifest.parameters);
  }
  try {
    await selfTest(scorer, manifest, itemIndices);
    return scorer;
  } catch (error) {
    await scorer.release();
    throw error;
  }
}
