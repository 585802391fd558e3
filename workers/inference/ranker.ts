// The ranking model of a release: opened where its features are the ones that this version encodes, and tested as the
// retrieval model is. Without ORT there is none, and the prior ranks.

import { PARITY_TOLERANCE, type RankingPart } from '../../models/contracts/release.ts';
import { ACTIONS, FEATURES, FEATURES_HASH } from '../../models/features/ranking.ts';
import type { Ranker } from './scorer.ts';

/** Throws where the model reads other features than this version encodes. */
export function checkFeatures({ featuresHash, actions }: RankingPart): void {
  if (featuresHash !== FEATURES_HASH || actions.join() !== ACTIONS.join())
    throw new Error(
      `its ranking model reads the features ${featuresHash}, where this version encodes ${FEATURES_HASH}: train again with this version`,
    );
}

/** A ranker that has repeated the trainer's own example. Throws where ORT refuses it or the probabilities differ. */
export async function openRanker(model: Uint8Array, { selfTest }: RankingPart): Promise<Ranker> {
  const { createOrtRanker } = await import('./ort.ts');
  const ranker = await createOrtRanker(model);
  try {
    const features = Float32Array.from(selfTest.features);
    const probabilities = await ranker.predict(features, features.length / FEATURES.length);
    if (probabilities.length !== selfTest.expected.length)
      throw new Error(`${probabilities.length} probabilities, where the trainer had ${selfTest.expected.length}`);
    for (const [place, expected] of selfTest.expected.entries())
      if (!(Math.abs(probabilities[place]! - expected) <= PARITY_TOLERANCE))
        throw new Error(`probability ${place} is ${probabilities[place]}, the trainer said ${expected}`);
    return ranker;
  } catch (error) {
    await ranker.release();
    throw new Error(`self-test of the ranking model: ${(error as Error).message}`, { cause: error });
  }
}
