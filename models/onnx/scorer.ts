// A retrieval model as callers see it, whatever computes it.

import type { EncodedHistories } from '../features/history.ts';

export interface Scorer {
  /** A place in it is an item's place in the tensors. */
  itemIds: readonly string[];
  /** Scores [batch × items], row by row. */
  score(histories: EncodedHistories): Promise<Float32Array>;
}
