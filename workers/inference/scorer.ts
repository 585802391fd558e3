// What a loaded model can do, whichever engine runs it, and the test that a retrieval model passes before it may serve.

import { PARITY_TOLERANCE, type ReleaseManifest } from '../../models/contracts/release.ts';
import type { EncodedHistories } from '../../models/features/history.ts';

export interface Scorer {
  engine: 'onnx' | 'plain';
  /** What the model and its engine occupy outside JavaScript. */
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

/** The engine runs, and cannot take the file: no other engine would make it right. */
export class RefusedModelError extends Error {}

/** Repeats the trainer's own example. Throws where the scores differ. */
export async function selfTest(scorer: Scorer, { selfTest, items }: ReleaseManifest): Promise<void> {
  const scores = await scorer.score({
    batch: 1,
    items: Int32Array.from(selfTest.items),
    weights: Float32Array.from(selfTest.weights),
    ages: Float32Array.from(selfTest.ages),
  });
  if (scores.length !== items) throw new Error(`self-test: ${scores.length} scores for ${items} items`);
  const largest = Math.max(...selfTest.expected.map(({ score }) => Math.abs(score)));
  for (const { itemIndex: place, score } of selfTest.expected) {
    const difference = Math.abs(scores[place]! - score);
    if (!(difference <= PARITY_TOLERANCE * largest))
      throw new Error(`self-test: item ${place} scores ${scores[place]}, the trainer said ${score}`);
  }
}
