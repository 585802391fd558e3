// The interface of a retrieval model, whatever computes it.

import type { EncodedHistories } from '../features/history.ts';

export interface Scorer {
  /** By item index. */
  itemIds: readonly string[];
  /** Scores [batch × items], row by row. */
  score(histories: EncodedHistories): Promise<Float32Array>;
}
