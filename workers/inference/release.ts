// Loads a release into the isolate: pointer → manifest → files (this location's cache, then R2) → sha256 → engine →
// self-test. It answers with a whole, tested release or throws; what to do meanwhile is the caller's affair.

import { sha256Hex } from '../../models/contracts/digest.ts';
import { decodeNeighbourFile, type NeighbourTables } from '../../models/contracts/neighbours.ts';
import type { ReleaseFile, ReleaseManifest } from '../../models/contracts/release.ts';
import { readManifest, readPointer, readReleaseFile } from '../storage/releases.ts';
import { createPlainScorer } from './plain.ts';
import { checkFeatures, openRanker } from './ranker.ts';
import { type Ranker, RefusedModelError, type Scorer, selfTest } from './scorer.ts';

export interface LoadedRelease {
  manifest: ReleaseManifest;
  scorer: Scorer;
  /** Null where the release has none, or ORT cannot start. */
  ranker: Ranker | null;
  neighbours: NeighbourTables;
  /** Place in the tensors → item id, and back. */
  itemIds: readonly string[];
  itemIndices: ReadonlyMap<string, number>;
}

/** A release that failed is not fetched again for this long, unless the pointer moves on. */
const BROKEN_RETRY_MS = 60_000;
let broken: { version: string; reason: string; at: number } | undefined;

/** The release that the pointer names: `held` where that is it, or where there is no pointer. */
export async function loadRelease(
  bucket: R2Bucket,
  held: LoadedRelease | undefined,
  now: number,
): Promise<LoadedRelease | undefined> {
  const pointer = await readPointer(bucket);
  if (pointer === undefined) return held;
  const { version } = pointer;
  if (held?.manifest.version === version) return held;
  if (broken?.version === version && now - broken.at < BROKEN_RETRY_MS) throw new Error(broken.reason);
  try {
    const manifest = await readManifest(bucket, pointer);
    if (manifest.ranking !== null) checkFeatures(manifest.ranking);
    const [model, vocabulary, neighbourFile, ranking] = await Promise.all([
      readCached(bucket, manifest.model),
      readCached(bucket, manifest.vocabulary),
      readCached(bucket, manifest.neighbours),
      manifest.ranking && readCached(bucket, manifest.ranking.model),
    ]);
    const itemIds: string[] = JSON.parse(new TextDecoder().decode(vocabulary));
    const places = new Map(itemIds.map((itemId, place) => [itemId, place]));
    if (itemIds.length !== manifest.items || places.size !== manifest.items)
      throw new Error(`a vocabulary of ${places.size} items, where the manifest says ${manifest.items}`);
    const neighbours = decodeNeighbourFile(neighbourFile, manifest.items, manifest.neighbours.perItem);
    if (!neighbours.ok) throw new Error(neighbours.error);
    const scorer = await startEngine(model, manifest, neighbours.value);
    const ranker =
      ranking === null || manifest.ranking === null || scorer.engine === 'plain'
        ? null
        : await openRanker(ranking, manifest.ranking).catch(async (error) => {
            await scorer.release();
            throw error;
          });
    const loaded = { manifest, scorer, ranker, neighbours: neighbours.value, itemIds, itemIndices: places };
    broken = undefined;
    return loaded;
  } catch (error) {
    const reason = `${version}: ${(error as Error).message}`;
    broken = { version, reason, at: now };
    throw new Error(reason);
  }
}

/** What ORT holds for a release is let go. */
export async function retireRelease({ scorer, ranker }: LoadedRelease): Promise<void> {
  await Promise.all([scorer.release(), ranker?.release()]);
}

/** ORT, once it has passed the release's self-test; where ORT cannot start, what needs none. */
async function startEngine(model: Uint8Array, manifest: ReleaseManifest, neighbours: NeighbourTables): Promise<Scorer> {
  let scorer: Scorer;
  try {
    const { createOrtScorer } = await import('./ort.ts');
    scorer = await createOrtScorer(model);
  } catch (error) {
    if (error instanceof RefusedModelError) throw error;
    console.error(JSON.stringify({ alert: 'onnxruntime does not start, plain scorer instead', error: String(error) }));
    return createPlainScorer(neighbours);
  }
  try {
    await selfTest(scorer, manifest);
    return scorer;
  } catch (error) {
    await scorer.release();
    throw error;
  }
}

/** A file of the release from this location's cache, or from R2; verified either way. Keys never change their content. */
async function readCached(bucket: R2Bucket, file: ReleaseFile): Promise<Uint8Array> {
  const url = `https://releases.invalid/${file.key}`;
  const cached = await caches.default.match(url);
  const bytes = cached && new Uint8Array(await cached.arrayBuffer());
  if (bytes !== undefined && (await sha256Hex(bytes)) === file.sha256) return bytes;
  const fetched = await readReleaseFile(bucket, file);
  await caches.default.put(
    url,
    new Response(fetched, { headers: { 'cache-control': 'public, max-age=604800, immutable' } }),
  );
  return fetched;
}
