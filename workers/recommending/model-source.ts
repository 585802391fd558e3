// Retrieves what the retrieval model scores best. The model scores the whole vocabulary: there is no approximate index.

import type { Candidate } from './candidates.ts';
import type { RankingInput } from './ranking-input.ts';

/** Items of positive score, the best at 1; none without model scores. */
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

/** Sorted first: more than a page asks for, unless its player has most of them already. */
const SORTED_FIRST = 400;
/** Sign, exponent and four bits of the fraction: sixteen buckets for each doubling of the score. */
const BUCKET_SHIFT = 19;
const BUCKETS = 1 << (32 - BUCKET_SHIFT);

/**
 * Item indices of positive score, best first. Counts scores into buckets and sorts the best buckets alone: sorting all
 * would cost more than the model does. The bits of positive floats rise as the floats do; the upper bits are buckets on
 * a scale that suits votes as well as probabilities that fall steeply.
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
