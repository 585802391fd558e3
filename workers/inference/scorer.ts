// The interface of a loaded model, whichever engine runs it, and the self-test of a retrieval model before it serves.

import { PARITY_TOLERANCE, type ReadManifest } from '../../models/contracts/release.ts';
import type { EncodedHistories } from '../../models/features/history.ts';

export interface Scorer {
  engine: 'onnx' | 'plain';
  /** Memory of the model and its engine outside JavaScript. */
  memoryBytes(): number;
  /** Scores [batch × vocabulary], row by row. */
  score(histories: EncodedHistories): Promise<Float32Array>;
  release(): Promise<void>;
}

/** A loaded ranking model. */
export interface Ranker {
  /** Features [candidates, FEATURES] to probabilities [candidates, ACTIONS], row by row. */
  predict(features: Float32Array, candidates: number): Promise<Float32Array>;
  release(): Promise<void>;
}

/** The engine runs but refuses the file: another engine would not help. */
export class RefusedModelError extends Error {}

/** Scores the trainer's own example. Throws if the scores differ. */
export async function selfTest(scorer: Scorer, { selfTest, items }: ReadManifest): Promise<void> {
  const scores = await scorer.score({
    batch: 1,
    items: Int32Array.from(selfTest.items),
    weights: Float32Array.from(selfTest.weights),
    ages: Float32Array.from(selfTest.ages),
  });
  if (scores.length !== items) throw new Error(`self-test: ${scores.length} scores for ${items} items`);
  const largest = Math.max(...selfTest.expected.map(({ score }) => Math.abs(score)));
  for (const { itemIndex, score } of selfTest.expected) {
    const difference = Math.abs(scores[itemIndex]! - score);
    if (!(difference <= PARITY_TOLERANCE * largest))
      throw new Error(`self-test: item ${itemIndex} scores ${scores[itemIndex]}, the trainer's score was ${score}`);
  }
}
