// Ranks the targets of evaluation cases among a model's whole catalogue. Every algorithm is measured the same way:
// through the model file that would be published, with the encoding that serving uses.

import { encodeHistories } from '../features/history.ts';
import type { Scorer } from '../onnx/scorer.ts';
import type { EvaluationCase } from './cases.ts';
import { listTopItems, rankTargetsInRow } from './rank-row.ts';

/** A model's ranks and lists, case by case. */
export interface Ranking {
  /** The ranks of each case's targets: 0 is the best, ascending; Infinity for items outside the vocabulary. */
  ranks: readonly Float64Array[];
  /** [cases, LIST_LENGTH] indices of the items that would be shown, best first, −1 after the last. */
  lists: Int32Array;
}

/** The lists on which hit rate, coverage and novelty are measured. */
export const LIST_LENGTH = 10;
/** Cases scored at a time: a batch's scores take some megabytes. */
const BATCH = 64;

/** Items of the history are not ranked; ties count against the model (see rankTargetsInRow). */
export async function rankTargets(scorer: Scorer, cases: Iterable<EvaluationCase>): Promise<Ranking> {
  const indices = new Map(scorer.itemIds.map((itemId, index) => [itemId, index]));
  const findIndices = (itemIds: readonly string[]) =>
    itemIds.map((itemId) => indices.get(itemId)).filter((index) => index !== undefined);
  const width = scorer.itemIds.length;
  const ranks: Float64Array[] = [];
  const lists: Int32Array[] = [];
  for (const batch of inBatches(cases)) {
    // Read once: a case rebuilds its history at each access.
    const histories = batch.map(({ history }) => history);
    const scores = await scorer.score(encodeHistories(histories, indices));
    const shown = new Int32Array(batch.length * LIST_LENGTH);
    batch.forEach(({ targets }, row) => {
      const ofRow = scores.subarray(row * width, (row + 1) * width);
      const history = new Set(findIndices(histories[row]!.map(({ itemId }) => itemId)));
      const known = rankTargetsInRow(ofRow, findIndices(targets), history);
      const all = new Float64Array(targets.length).fill(Number.POSITIVE_INFINITY);
      all.set(known);
      ranks.push(all);
      listTopItems(ofRow, history, shown.subarray(row * LIST_LENGTH, (row + 1) * LIST_LENGTH));
    });
    lists.push(shown);
  }
  return { ranks, lists: concatenate(lists, ranks.length * LIST_LENGTH) };
}

function* inBatches(cases: Iterable<EvaluationCase>): Generator<EvaluationCase[]> {
  let batch: EvaluationCase[] = [];
  for (const one of cases) {
    batch.push(one);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function concatenate(parts: readonly Int32Array[], length: number): Int32Array {
  const whole = new Int32Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
