// Scores with plain TypeScript from the tables inside the model file, where ORT cannot start. It must say what the model
// says; the release's self-test holds it to that.

import { HISTORY_LENGTH, type ReleaseManifest } from '../../models/contracts/release.ts';
import type { EncodedHistories } from '../../models/features/history.ts';
import type { Scorer } from './scorer.ts';

/** `model`: the bytes of the ONNX file that the manifest describes. */
export function createPlainScorer(model: Uint8Array, { plain, items }: ReleaseManifest): Scorer {
  const cells = items * plain.neighboursPerItem;
  // Sliced, because a view needs an aligned start and a protobuf promises none.
  const table = (offset: number) =>
    model.buffer.slice(model.byteOffset + offset, model.byteOffset + offset + cells * 4) as ArrayBuffer;
  const neighbours = new Int32Array(table(plain.neighboursOffset));
  const weights = new Float32Array(table(plain.weightsOffset));
  return {
    engine: 'plain',
    memoryBytes: () => neighbours.byteLength + weights.byteLength,
    async score(histories: EncodedHistories) {
      const scores = new Float32Array(histories.batch * items);
      for (let cell = 0; cell < histories.items.length; cell++) {
        const weight = histories.weights[cell]! * 0.5 ** (histories.ages[cell]! / plain.halfLifeDays);
        if (weight === 0) continue;
        const row = Math.floor(cell / HISTORY_LENGTH) * items;
        const from = histories.items[cell]! * plain.neighboursPerItem;
        for (let n = from; n < from + plain.neighboursPerItem; n++)
          scores[row + neighbours[n]!]! += weight * weights[n]!;
      }
      return scores;
    },
    async release() {},
  };
}
