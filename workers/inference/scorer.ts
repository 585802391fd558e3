// The interface of a loaded model, whichever engine runs it, and the self-test of a retrieval model before it serves.

import { PARITY_TOLERANCE, type ReadManifest } from '../../models/contracts/release.ts';
import { type EncodedHistories, encodeHistories } from '../../models/features/history.ts';

export interface Scorer {
  engine: 'onnx' | 'plain';
  /** Kind of memory that ORT runs in; null without ORT. */
  memory: 'plain' | 'shared' | null;
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

/** Scores the trainer's own example. Throws if the scores differ. `itemIndices`: by id, from the vocabulary. */
export async function selfTest(
  scorer: Scorer,
  { selfTest, items }: ReadManifest,
  itemIndices: ReadonlyMap<string, number>,
): Promise<void> {
  if (selfTest.expected.length === 0) throw new Error('self-test: it expects no score');
  const scores = await scorer.score(encodeHistories([selfTest.history], itemIndices));
  if (scores.length !== items) throw new Error(`self-test: ${scores.length} scores for ${items} items`);
  const largest = Math.max(...selfTest.expected.map(({ score }) => Math.abs(score)));
  for (const { itemId, score } of selfTest.expected) {
    const own = scores[itemIndices.get(itemId) ?? -1];
    if (own === undefined) throw new Error(`self-test: “${itemId}” is not in the vocabulary`);
    if (!(Math.abs(own - score) <= PARITY_TOLERANCE * largest))
      throw new Error(`self-test: “${itemId}” scores ${own}, the trainer's score was ${score}`);
  }
}

/** Throws if the model was trained on another vocabulary: its metadata have the digest of its own. */
export function assertTrainedOn(model: Uint8Array, { vocabulary }: Pick<ReadManifest, 'vocabulary'>): void {
  const { buffer, byteOffset, byteLength } = model;
  if (!Buffer.from(buffer, byteOffset, byteLength).includes(vocabulary.sha256))
    throw new Error('the model was trained on another vocabulary, or on the same one in another order');
}
