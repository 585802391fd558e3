// Encodes histories into the tensors that every retrieval model reads: the same code at the edge, in training and in
// evaluation. Independent of the runtime.

import { HISTORY_LENGTH } from '../contracts/release.ts';
import type { HistoryItem } from '../contracts/signals.ts';

/** Tensors [batch, HISTORY_LENGTH]. */
export interface EncodedHistories {
  batch: number;
  /** Item indices in the vocabulary; 0 if padded. */
  items: Int32Array;
  /** 0 if padded. */
  weights: Float32Array;
  /** Days. */
  ages: Float32Array;
}

type Encodable = Pick<HistoryItem, 'itemId' | 'weight' | 'ageDays'>;

/** Encodes the newest HISTORY_LENGTH items of the vocabulary. `histories`: newest first. */
export function encodeHistories(
  histories: readonly (readonly Encodable[])[],
  vocabulary: ReadonlyMap<string, number>,
): EncodedHistories {
  const length = histories.length * HISTORY_LENGTH;
  const encoded: EncodedHistories = {
    batch: histories.length,
    items: new Int32Array(length),
    weights: new Float32Array(length),
    ages: new Float32Array(length),
  };
  histories.forEach((history, row) => {
    let at = row * HISTORY_LENGTH;
    const end = at + HISTORY_LENGTH;
    for (const item of history) {
      if (at === end) break;
      const index = vocabulary.get(item.itemId);
      if (index === undefined) continue;
      encoded.items[at] = index;
      encoded.weights[at] = item.weight;
      encoded.ages[at] = item.ageDays;
      at++;
    }
  });
  return encoded;
}
