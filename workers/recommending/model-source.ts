// Retrieves the items that the retrieval model scores best. It scores the whole vocabulary: no approximate index.

import type { ItemColumns } from '../../models/features/item-columns.ts';
import { IdIndexes } from '../../models/features/item-scores.ts';
import { orderByScore } from './order-by-score.ts';
import type { ModelOrder, RankingInput } from './ranking-input.ts';
import type { Source } from './source.ts';

/** Items with positive scores, relative to the best; none without model scores. */
export const retrieveByModel =
  ({ catalogue: { columns }, modelScores }: Pick<RankingInput, 'catalogue' | 'modelScores'>): Source =>
  (visit) => {
    if (modelScores === null) return true;
    const { itemIds, scores } = modelScores;
    const indexes = readVocabulary(columns, itemIds);
    modelScores.order ??= { parts: [], threshold: INFINITY_BITS + 1 };
    const { order } = modelScores;
    let best: number | undefined;
    for (const part of readParts(scores, order))
      for (const position of part) {
        const index = indexes[position]!;
        best ??= scores[position]!;
        if (columns.isVisible[index] === 1 && !visit(index, scores[position]! / best, 'Popular with players like you'))
          return false;
      }
    return true;
  };

/** By columns, then by vocabulary, so that replaced ones are not kept. */
const vocabularies = new WeakMap<ItemColumns, WeakMap<readonly string[], IdIndexes>>();

/** Item indexes of the catalogue by those of a release's vocabulary: looked up once per release. */
export function readVocabulary(columns: ItemColumns, itemIds: readonly string[]): Int32Array {
  const known = vocabularies.get(columns) ?? new WeakMap();
  vocabularies.set(columns, known);
  const vocabulary = known.get(itemIds) ?? new IdIndexes(columns, itemIds);
  known.set(itemIds, vocabulary);
  vocabulary.follow();
  return vocabulary.indexes;
}

/** Sorted first, at least: enough for a page, unless filters remove most of them. */
const SORTED_FIRST = 400;
/** Each part is so many times as long as the one before. */
const GROWTH = 8;
/** About so many scores are counted: every n-th of a larger vocabulary. */
const COUNTED = 2_000;
/** Keeps the sign, the exponent and four bits of the fraction: sixteen buckets per doubling of the score. */
const BUCKET_SHIFT = 19;
/** For positive scores. */
const BUCKETS = 1 << (31 - BUCKET_SHIFT);
/** The bits of the least positive score. */
const LEAST_BITS = 1;

/** Sorts a part when it is asked for: sorting all at once would cost more than the model itself. */
function* readParts(scores: Float32Array, order: ModelOrder): Generator<readonly number[]> {
  for (let number = 0; number < order.parts.length || order.threshold > LEAST_BITS; number++) {
    if (number === order.parts.length) sortNext(scores, order);
    yield order.parts[number]!;
  }
}

function sortNext(scores: Float32Array, order: ModelOrder): void {
  const most = order.threshold - 1;
  const length = SORTED_FIRST * GROWTH ** order.parts.length;
  // The last part is longer rather than short.
  const threshold = 2 * length < scores.length ? findThreshold(scores, length) : LEAST_BITS;
  order.threshold = Math.max(LEAST_BITS, Math.min(order.threshold, threshold));
  order.parts.push(sortPart(scores, order.threshold, most));
}

/**
 * The bits of a score that probably `length` others reach. The bits of positive floats order as the floats do, so the
 * upper bits are logarithmic buckets, which suit votes as well as steeply falling probabilities.
 */
function findThreshold(scores: Float32Array, length: number): number {
  const bits = readBits(scores);
  const step = Math.max(1, Math.floor(bits.length / COUNTED));
  const counts = new Int32Array(BUCKETS);
  let bucket = 0;
  for (let position = 0; position < bits.length; position += step) {
    if (bits[position]! <= 0) continue;
    const own = bits[position]! >> BUCKET_SHIFT;
    counts[own]!++;
    if (own > bucket) bucket = own;
  }
  const expected = length / step;
  // Three deviations more, since only a sample is counted.
  const wanted = step === 1 ? expected : expected + 3 * Math.sqrt(expected);
  for (let counted = counts[bucket]!; counted < wanted && bucket > 0; counted += counts[bucket]!) bucket--;
  return bucket << BUCKET_SHIFT;
}

/** The positions of the scores between two, by their bits, best first. */
function sortPart(scores: Float32Array, least: number, most: number): number[] {
  const bits = readBits(scores);
  // The bits alone are compared, since this runs for the whole vocabulary. Negative scores have negative bits.
  if (found.length < bits.length) found = new Int32Array(bits.length);
  let count = 0;
  for (let position = 0; position < bits.length; position++)
    if (bits[position]! >= least && bits[position]! <= most) found[count++] = position;
  const own = new Float32Array(count);
  for (let at = 0; at < count; at++) own[at] = scores[found[at]!]!;
  const order = orderByScore(own);
  for (let rank = 0; rank < order.length; rank++) order[rank] = found[order[rank]!]!;
  return order;
}

/** Scratch space for positions, shared by all answers: a list would grow in steps. */
let found = new Int32Array(0);

/** NaN has those of a larger number. */
const INFINITY_BITS = 0x7f800000;

const readBits = ({ buffer, byteOffset, length }: Float32Array): Int32Array =>
  new Int32Array(buffer, byteOffset, length);
