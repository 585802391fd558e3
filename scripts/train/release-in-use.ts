// Reads the release in use, which a new one is compared with. Decides what a damaged one stops.

import type { RankingPart } from '../../models/contracts/release.ts';
import type { RankingContents } from '../../models/ranking/train-ranker.ts';
import type { TrainingInput } from '../../models/release/train-release.ts';
import { type ReleaseEnv, readCurrentRelease, readReleaseFile } from '../../workers/storage/releases.ts';

export interface ReleaseInUse {
  /** ETag of the pointer; undefined before the first release. Publishing needs it. */
  etag: string | undefined;
  current: TrainingInput['current'];
}

/**
 * A release that this version refuses counts as none. A damaged retrieval part stops the training: only people may
 * publish without it.
 */
export async function readReleaseInUse(env: ReleaseEnv, force: boolean): Promise<ReleaseInUse> {
  const { BUCKET: bucket } = env;
  const { etag, manifest, isRefused = false } = await readCurrentRelease(env);
  try {
    if (!manifest.ok) throw new Error(manifest.error);
    if (manifest.value === undefined) return { etag, current: undefined };
    const vocabulary = await readReleaseFile(bucket, manifest.value.vocabulary);
    const model = await readReleaseFile(bucket, manifest.value.model);
    const ranking = await readRanking(bucket, manifest.value.ranking);
    const itemIds: string[] = JSON.parse(new TextDecoder().decode(vocabulary));
    const { version, data } = manifest.value;
    return { etag, current: { version, itemIds, model, ranking, countedUntil: data.countedUntil } };
  } catch (error) {
    if (!force && !isRefused)
      throw new Error(`${(error as Error).message}. --force publishes without comparing with it`, { cause: error });
    console.error(`Not compared with the release in use: ${(error as Error).message}`);
    return { etag, current: undefined };
  }
}

/** A damaged ranking part counts as none: the edge serves such a release without it too. */
async function readRanking(bucket: R2Bucket, part: RankingPart | null): Promise<RankingContents | undefined> {
  if (part === null) return undefined;
  try {
    return { ...part, model: await readReleaseFile(bucket, part.model) };
  } catch (error) {
    console.error(`Not compared with the ranking model in use: ${(error as Error).message}`);
    return undefined;
  }
}
