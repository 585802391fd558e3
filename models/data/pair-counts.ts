// Pairs of items that a query counted over the whole log (queries/). transitions and item-knn can train on them instead
// of on interactions. It reads no file.

/** The algorithms that can train on counts, each on its own. */
export const COUNTED_ALGORITHMS = ['transitions', 'item-knn'] as const;
export type CountedAlgorithm = (typeof COUNTED_ALGORITHMS)[number];

export interface PairCounts {
  itemIds: readonly string[];
  /** Number of players who have the item, by index in itemIds. */
  players: Float64Array;
  /** The pairs of item i are starts[i] up to starts[i + 1], exclusive. */
  starts: Int32Array;
  /** Columns: index in itemIds of the other item; sums over the players, by distance exponent if any. */
  others: Int32Array;
  sums: readonly Float32Array[];
  /** Time of the newest interaction that was counted, epoch milliseconds. */
  countedUntil: number;
}

/** An algorithm without counts trains on interactions. */
export type CountsByAlgorithm = Partial<Record<CountedAlgorithm, PairCounts>>;

/** Time of the newest interaction in any of the counts; −Infinity without counts. */
export const findNewestCounted = (counts: CountsByAlgorithm): number =>
  Object.values(counts).reduce((latest, { countedUntil }) => Math.max(latest, countedUntil), Number.NEGATIVE_INFINITY);
