// Selects the cases that a blend is fitted on, and scores them with each base model: as many as memory and time allow.
// It fits nothing.

import { HISTORY_LENGTH } from '../contracts/release.ts';
import type { EvaluationCase } from '../evaluation/cases.ts';
import { encodeHistories } from '../features/history.ts';
import { openScorer } from '../onnx/session.ts';
import { encodeRetrievalModel, type RetrievalModel, type TrainingContext } from './algorithm.ts';
import { type BaseModel, FEATURES_KEPT, SHARE_MIN } from './blend-model.ts';

/** Histories scored at a time. */
const BATCH = 16;
/** Scored even without time left: a release should have a blend. */
const CASES_UNTIMED = 512;
/** Share of the time for scoring. A round of the fit takes a few times as long on the same cases. */
const SCORING_TIME_SHARE = 0.3;
/** Memory for the features of all models and cases. */
const FEATURE_BYTES_MAX = 800e6;
/** The fractional parts of its multiples are spread evenly between 0 and 1. */
const GOLDEN_RATIO = (1 + Math.sqrt(5)) / 2;

export interface FittingCase {
  history: EvaluationCase['history'];
  /** Item indices of the history and of the next item. */
  seen: readonly number[];
  target: number;
  /** From 0 for an empty history to 1 for a full one. */
  knowledge: number;
}

/** A base model and two features per case: the logarithms of its scores, and the scores, [items] each. */
export interface ScoredBaseModel extends BaseModel {
  features: [Float32Array, Float32Array][];
}

/**
 * Selects cases whose target is in the vocabulary, evenly spaced, as many as fit in memory with the scores of all
 * models. `indices`: item index in the vocabulary by item id.
 */
export function selectFittingCases(
  cases: readonly EvaluationCase[],
  models: number,
  indices: ReadonlyMap<string, number>,
): FittingCase[] {
  const bytes = cases.length * FEATURES_KEPT * models * indices.size * Float32Array.BYTES_PER_ELEMENT;
  const stride = Math.max(1, Math.ceil(bytes / FEATURE_BYTES_MAX));
  const selected: FittingCase[] = [];
  for (let at = 0; at < cases.length; at += stride) {
    const { history, targets } = cases[at]!;
    const target = indices.get(targets[0]!);
    const seen = history.map(({ itemId }) => indices.get(itemId)).filter((index) => index !== undefined);
    if (target === undefined || seen.length === 0) continue;
    const length = Math.min(HISTORY_LENGTH, seen.length);
    selected.push({ history, seen, target, knowledge: Math.log1p(length) / Math.log1p(HISTORY_LENGTH) });
  }
  return selected;
}

/**
 * Scores CASES_UNTIMED cases with every model, then more while there is time, spread evenly. Returns the scored cases
 * in their order; fewer if aborted.
 */
export async function scoreCases(
  baseModels: readonly RetrievalModel[],
  cases: readonly FittingCase[],
  indices: ReadonlyMap<string, number>,
  { timeLeft, signal, onProgress }: Pick<TrainingContext, 'timeLeft' | 'signal' | 'onProgress'>,
): Promise<{ cases: FittingCase[]; models: ScoredBaseModel[] }> {
  const fittingMs = (1 - SCORING_TIME_SHARE) * timeLeft();
  const itemIds = [...indices.keys()];
  const order = spreadEvenly(cases.length);
  // By model and case.
  const rows = baseModels.map((): Float32Array[] => []);
  const scorers: Awaited<ReturnType<typeof openScorer>>[] = [];
  let scored = 0;
  try {
    for (const model of baseModels) scorers.push(await openScorer(encodeRetrievalModel(model).bytes, itemIds));
    while (scored < order.length && !signal.aborted && (scored < CASES_UNTIMED || timeLeft() > fittingMs)) {
      onProgress('scoring', scored / order.length);
      const batch = order.slice(scored, scored + BATCH);
      const histories = encodeHistories(
        batch.map((index) => cases[index]!.history),
        indices,
      );
      for (const [n, scorer] of scorers.entries()) {
        const scores = await scorer.score(histories);
        for (const [row, index] of batch.entries())
          rows[n]![index] = scores.slice(row * itemIds.length, (row + 1) * itemIds.length);
      }
      scored += batch.length;
    }
  } finally {
    for (const scorer of scorers) await scorer.release();
  }
  const kept = order.slice(0, scored).sort((a, b) => a - b);
  const models = baseModels.map((model, n) => {
    const own = kept.map((index) => rows[n]![index]!);
    return describeScores(model, own);
  });
  return { cases: kept.map((index) => cases[index]!), models };
}

/** The numbers below `length`, ordered so that every prefix is spread evenly over them. */
const spreadEvenly = (length: number): number[] =>
  Array.from({ length }, (_, n) => n).sort((a, b) => ((a * GOLDEN_RATIO) % 1) - ((b * GOLDEN_RATIO) % 1));

/** `rows`: the model's scores of each case; they become the second feature and are overwritten. */
function describeScores(model: RetrievalModel, rows: readonly Float32Array[]): ScoredBaseModel {
  const width = model.itemIds.length;
  const averageRows = (measure: (row: Float32Array) => number) =>
    rows.reduce((total, row) => total + measure(row), 0) / rows.length || 1;
  const scale = {
    sum: averageRows((row) => row.reduce((total, score) => total + score, 0)),
    max: averageRows((row) => row.reduce((most, score) => Math.max(most, score), 0)),
  };
  const features = rows.map((row): ScoredBaseModel['features'][number] => {
    const logarithms = row.map((score) => Math.log((score * width) / scale.sum + SHARE_MIN));
    for (const [item, score] of row.entries()) row[item] = score / scale.max;
    return [logarithms, row];
  });
  return { model, scale, features };
}
