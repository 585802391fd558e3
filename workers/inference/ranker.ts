// Opens the ranking model of a release, after the same self-test as the retrieval model. If it cannot be used, the
// release serves without it: the prior ranks, and the reason is kept.

import { ACTIONS } from '../../models/contracts/algorithm-settings.ts';
import { PARITY_TOLERANCE, RankingPart } from '../../models/contracts/release.ts';
import { FEATURES, FEATURES_HASH } from '../../models/features/ranking.ts';
import { logWarning } from '../logging/log.ts';
import { createPlainRanker } from './plain-ranker.ts';
import { readCachedFile } from './release-files.ts';
import type { Ranker, Scorer } from './scorer.ts';

export interface LoadedRanking {
  /** Null if the release has none, or opening it failed. */
  ranker: Ranker | null;
  /** Why opening it failed; undefined otherwise. */
  failure: string | undefined;
}

const NO_RANKING: LoadedRanking = { ranker: null, failure: undefined };

/** `part`: the ranking part of the manifest, in any version. `engine`: the retrieval model's. Never throws. */
export async function loadRanking(bucket: R2Bucket, part: unknown, engine: Scorer['engine']): Promise<LoadedRanking> {
  if (part === null) return NO_RANKING;
  try {
    const ranking = parseRankingPart(part);
    const file = await readCachedFile(bucket, ranking.model);
    return { ranker: await openRanker(file, ranking, engine), failure: undefined };
  } catch (error) {
    const failure = (error as Error).message;
    logWarning('ranking model left out', { error: failure });
    return { ranker: null, failure };
  }
}

/** Throws if this version cannot read the part, or encodes other features than the model reads. */
function parseRankingPart(part: unknown): RankingPart {
  const parsed = RankingPart.safeParse(part);
  if (!parsed.success) throw new Error('this version cannot read the ranking part of the manifest');
  const { featuresHash, actions } = parsed.data;
  if (featuresHash !== FEATURES_HASH)
    throw new Error(
      `the ranking model reads the features ${featuresHash}, but this version encodes ${FEATURES_HASH}: train again`,
    );
  if (actions.join() !== ACTIONS.join())
    throw new Error(
      `the ranking model predicts the actions ${actions}, but this version ranks by ${ACTIONS}: train again`,
    );
  return parsed.data;
}

/** Throws if the engine refuses the model, or its probabilities differ from the trainer's. */
async function openRanker(model: Uint8Array, { selfTest }: RankingPart, engine: Scorer['engine']): Promise<Ranker> {
  const ranker = engine === 'plain' ? createPlainRanker(model) : await openInOrt(model);
  try {
    const features = Float32Array.from(selfTest.features);
    compareProbabilities(await ranker.predict(features, features.length / FEATURES.length), selfTest.expected);
    return ranker;
  } catch (error) {
    await ranker.release();
    throw new Error(`self-test of the ranking model: ${(error as Error).message}`, { cause: error });
  }
}

/** Throws if they differ, relative to the largest probability of the action: a rare action's are all small. */
function compareProbabilities(probabilities: Float32Array, trained: readonly number[]): void {
  if (probabilities.length !== trained.length)
    throw new Error(`${probabilities.length} probabilities instead of ${trained.length}`);
  const largest = ACTIONS.map((_, at) => Math.max(...trained.filter((__, cell) => cell % ACTIONS.length === at)));
  for (const [cell, expected] of trained.entries())
    if (!(Math.abs(probabilities[cell]! - expected) <= PARITY_TOLERANCE * largest[cell % ACTIONS.length]!))
      throw new Error(`probability ${cell} is ${probabilities[cell]}, the trainer's was ${expected}`);
}

async function openInOrt(model: Uint8Array): Promise<Ranker> {
  const { createOrtRanker } = await import('./ort.ts');
  return createOrtRanker(model);
}
