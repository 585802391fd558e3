// The interface of a retrieval model, independent of the runtime.

import type { EncodedHistories } from '../features/history.ts';

export interface Scorer {
  /** By item index. */
  itemIds: readonly string[];
  /** Scores [batch × items], row by row. */
  score(histories: EncodedHistories): Promise<Float32Array>;
}
