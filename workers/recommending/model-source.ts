// Retrieves the items that the retrieval model scores best. It scores the whole vocabulary: no approximate index.

import type { Candidate } from './candidates.ts';
import type { RankingInput } from './ranking-input.ts';

/** Items with positive scores, relative to the best; none without model scores. */
export function* retrieveByModel({
  catalogue,
  modelScores,
}: Pick<RankingInput, 'catalogue' | 'modelScores'>): Generator<Candidate> {
  if (modelScores === null) return;
  const { itemIds, scores } = modelScores;
  let best = 0;
  for (const index of orderByScore(scores)) {
    best ||= scores[index]!;
    const item = catalogue.get(itemIds[index]!);
    if (item !== undefined) yield { item, score: scores[index]! / best, reason: 'Popular with players like you' };
  }
}

/** Sorted first: enough for a page, unless the player already has most of them. */
const SORTED_FIRST = 400;
/** Keeps the sign, the exponent and four bits of the fraction: sixteen buckets per doubling of the score. */
const BUCKET_SHIFT = 19;
const BUCKETS = 1 << (32 - BUCKET_SHIFT);

/**
 * Item indices with positive scores, best first. Counts scores into buckets and sorts only the best buckets: sorting
 * all would cost more than the model itself. The bits of positive floats order as the floats do, so the upper bits are
 * logarithmic buckets, which suit votes as well as steeply falling probabilities.
 */
function* orderByScore(scores: Float32Array): Generator<number> {
  const bits = new Int32Array(scores.buffer, scores.byteOffset, scores.length);
  const counts = new Int32Array(BUCKETS);
  for (let index = 0; index < scores.length; index++) if (scores[index]! > 0) counts[bits[index]! >> BUCKET_SHIFT]!++;
  let bucket = BUCKETS - 1;
  for (let sorted = counts[bucket]!; sorted < SORTED_FIRST && bucket > 0; sorted += counts[bucket]!) bucket--;

  const sortWhere = (test: (bucket: number) => boolean) => {
    const indices: number[] = [];
    for (let index = 0; index < scores.length; index++)
      if (scores[index]! > 0 && test(bits[index]! >> BUCKET_SHIFT)) indices.push(index);
    return indices.sort((a, b) => scores[b]! - scores[a]!);
  };
  yield* sortWhere((one) => one >= bucket);
  yield* sortWhere((one) => one < bucket);
}
