// Where a model ranks what players really chose next, among its whole catalogue. Every algorithm is asked the same way:
// through the model file that would be published, and the encoding that serving uses.

import { encodeHistories } from '../features/history.ts';
import type { Scorer } from '../onnx/scorer.ts';
import type { EvaluationCase } from './cases.ts';
import { listTopItems, rankTargetsInRow } from './rank-row.ts';

/** How a model answered, question by question. */
export interface Ranking {
  /** Of each question's targets, 0 the best, ascending; Infinity for those that the model does not know. */
  ranks: readonly Float64Array[];
  /** [questions, LIST_LENGTH] places of the items that would be shown, best first, −1 after the last. */
  lists: Int32Array;
}

/** Of the lists on which hit rate, coverage and novelty are measured. */
export const LIST_LENGTH = 10;
/** Keeps a batch's scores at some megabytes. */
const BATCH = 64;

/** Items of the history are left out of the ranking; ties count against the model (see rankTargetsOf). */
export async function rankTargets(scorer: Scorer, cases: Iterable<EvaluationCase>): Promise<Ranking> {
  const places = new Map(scorer.itemIds.map((itemId, place) => [itemId, place]));
  const placesOf = (itemIds: readonly string[]) =>
    itemIds.map((itemId) => places.get(itemId)).filter((place) => place !== undefined);
  const width = scorer.itemIds.length;
  const ranks: Float64Array[] = [];
  const lists: Int32Array[] = [];
  for (const batch of inBatches(cases)) {
    // Read once: the cases build them anew each time.
    const histories = batch.map(({ history }) => history);
    const scores = await scorer.score(encodeHistories(histories, places));
    const shown = new Int32Array(batch.length * LIST_LENGTH);
    batch.forEach(({ targets }, row) => {
      const ofRow = scores.subarray(row * width, (row + 1) * width);
      const history = new Set(placesOf(histories[row]!.map(({ itemId }) => itemId)));
      const known = rankTargetsInRow(ofRow, placesOf(targets), history);
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
  for (const question of cases) {
    batch.push(question);
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
