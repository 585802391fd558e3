// Where a model ranks what players really chose next, among its whole catalogue. Every algorithm is asked the same way:
// through the model file that would be published, and the encoding that serving uses.

import { type EncodedHistories, encodeHistories } from '../features/history.ts';
import type { RankingCase } from './leave-one-out.ts';

export interface Scorer {
  /** A place in it is an item's place in the tensors. */
  itemIds: readonly string[];
  /** Scores [batch × items], row by row. */
  score(histories: EncodedHistories): Promise<Float32Array>;
}

/** Keeps a batch's scores at some megabytes. */
const BATCH = 64;

/**
 * The rank of each target, 0 the best; Infinity where the model does not know the item. Items of the history are left
 * out. Ties count against the model, and so does a score that is no number: a constant finds nothing.
 */
export async function rankTargets(scorer: Scorer, cases: Iterable<RankingCase>): Promise<Float64Array> {
  const places = new Map(scorer.itemIds.map((itemId, place) => [itemId, place]));
  const ranks: number[] = [];
  const rankBatch = async (batch: readonly RankingCase[]) => {
    const encoded = encodeHistories(
      batch.map(({ history }) => history),
      places,
    );
    const scores = await scorer.score(encoded);
    const width = scorer.itemIds.length;
    batch.forEach((question, row) => {
      ranks.push(rankOf(question, scores.subarray(row * width, (row + 1) * width), places));
    });
  };

  let batch: RankingCase[] = [];
  for (const question of cases) {
    batch.push(question);
    if (batch.length < BATCH) continue;
    await rankBatch(batch);
    batch = [];
  }
  if (batch.length > 0) await rankBatch(batch);
  return Float64Array.from(ranks);
}

function rankOf({ history, target }: RankingCase, scores: Float32Array, places: ReadonlyMap<string, number>): number {
  const place = places.get(target);
  if (place === undefined) return Number.POSITIVE_INFINITY;
  const score = scores[place]!;
  // Written so that NaN on either side counts against the model.
  const isAhead = (other: number) => !(scores[other]! < score);
  let rank = -1; // The target is not ahead of itself.
  for (let other = 0; other < scores.length; other++) if (isAhead(other)) rank++;
  for (const { itemId } of history) {
    const seen = places.get(itemId);
    if (seen !== undefined && isAhead(seen)) rank--;
  }
  return rank;
}
