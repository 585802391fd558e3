// Retrieves the items that the retrieval model scores best. It scores the whole vocabulary: no approximate index.

import type { ItemColumns } from '../../models/features/item-columns.ts';
import { IdIndexes } from '../../models/features/item-scores.ts';
import { orderByScore } from './order-by-score.ts';
import type { ModelScores, RankingInput } from './ranking-input.ts';
import type { Source } from './source.ts';

/** Items with positive scores, relative to the best; none without model scores. */
export const retrieveByModel =
  ({ catalogue: { columns }, modelScores }: Pick<RankingInput, 'catalogue' | 'modelScores'>): Source =>
  (visit) => {
    if (modelScores === null) return true;
    const { itemIds, scores } = modelScores;
    const indexes = readVocabulary(columns, itemIds);
    const order = getOrder(modelScores);
    const best = scores[order.first[0] ?? 0]!;
    for (const read of [() => order.first, () => order.readRest()])
      for (const position of read()) {
        const index = indexes[position]!;
        if (columns.isVisible[index] === 1 && !visit(index, scores[position]! / best, 'Popular with players like you'))
          return false;
      }
    return true;
  };

const vocabularies = new WeakMap<readonly string[], { columns: ItemColumns; indexes: IdIndexes }>();

/** Item indexes of the catalogue by those of a release's vocabulary: looked up once per release. */
export function readVocabulary(columns: ItemColumns, itemIds: readonly string[]): Int32Array {
  const known = vocabularies.get(itemIds);
  if (known?.columns === columns) {
    known.indexes.follow();
    return known.indexes.indexes;
  }
  const indexes = new IdIndexes(columns, itemIds);
  vocabularies.set(itemIds, { columns, indexes });
  return indexes.indexes;
}

/** Positions in the vocabulary with positive scores, best first; all of `first` score higher than the rest. */
interface ModelOrder {
  first: readonly number[];
  readRest(): readonly number[];
}

/** Several sources of one answer read the same scores. */
const orders = new WeakMap<ModelScores, ModelOrder>();

function getOrder(modelScores: ModelScores): ModelOrder {
  const known = orders.get(modelScores) ?? orderVocabulary(modelScores.scores);
  orders.set(modelScores, known);
  return known;
}

/** Sorted first: enough for a page, unless the player already has most of them. */
const SORTED_FIRST = 400;
/** Keeps the sign, the exponent and four bits of the fraction: sixteen buckets per doubling of the score. */
const BUCKET_SHIFT = 19;
const BUCKETS = 1 << (32 - BUCKET_SHIFT);

/**
 * Counts scores into buckets and sorts only the best buckets: sorting all would cost more than the model itself. The
 * bits of positive floats order as the floats do, so the upper bits are logarithmic buckets, which suit votes as well
 * as steeply falling probabilities.
 */
function orderVocabulary(scores: Float32Array): ModelOrder {
  const bits = new Int32Array(scores.buffer, scores.byteOffset, scores.length);
  const counts = new Int32Array(BUCKETS);
  for (let position = 0; position < bits.length; position++)
    if (bits[position]! > 0) counts[bits[position]! >> BUCKET_SHIFT]!++;
  let bucket = BUCKETS - 1;
  for (let sorted = counts[bucket]!; sorted < SORTED_FIRST && bucket > 0; sorted += counts[bucket]!) bucket--;

  const sortWhere = (test: (bits: number) => boolean) => {
    const positions: number[] = [];
    for (let position = 0; position < bits.length; position++)
      // NaN has the bits of a large number.
      if (test(bits[position]!) && scores[position]! > 0) positions.push(position);
    return orderByScore(positions.map((position) => scores[position]!)).map((at) => positions[at]!);
  };
  const threshold = bucket << BUCKET_SHIFT;
  let rest: readonly number[] | undefined;
  return {
    first: sortWhere((one) => one >= threshold),
    readRest: () => (rest ??= sortWhere((one) => one < threshold)),
  };
}
