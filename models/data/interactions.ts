// Interactions in compact columns: the form that every algorithm trains on. It neither splits nor collects them.

/**
 * Each player's distinct items in the order of their first interactions. A split changes `ends` alone and shares the
 * columns.
 */
export interface Interactions {
  /** Sorted, so that the same events give the same model. */
  userIds: readonly string[];
  /** Sorted. */
  itemIds: readonly string[];
  /** The rows of user u are starts[u] up to ends[u], exclusive. */
  starts: Int32Array;
  ends: Int32Array;
  /** Columns, 16 bytes a row: index in itemIds; weight of the first positive event; its time, epoch milliseconds. */
  items: Int32Array;
  weights: Float32Array;
  timestamps: Float64Array;
}

export const countInteractions = ({ starts, ends }: Interactions): number =>
  ends.reduce((sum, end, user) => sum + end - starts[user]!, 0);
