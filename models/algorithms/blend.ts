// Fits a combination of the models trained so far: a weighted sum of their scores, with weights that depend on the
// length of the history. The weights are few because the validation split, on which they are fitted, is small.
// blend-model.ts has the formula.

import { HISTORY_LENGTH, MODEL_BYTES_MAX } from '../contracts/release.ts';
import type { EvaluationCase } from '../evaluation/cases.ts';
import { encodeHistories } from '../features/history.ts';
import { openScorer } from '../onnx/session.ts';
import { type Algorithm, encodeRetrievalModel, type RetrievalModel } from './algorithm.ts';
import { type BaseModel, createBlendModel, FEATURES, FEATURES_KEPT, SHARE_MIN } from './blend-model.ts';
import { fitByCoordinateAscent, type RankedCase } from './coordinate-ascent.ts';

/** Histories scored at a time. */
const BATCH = 16;
/** Minimum number of cases to fit weights on. */
const CASES_MIN = 16;
/** Memory for the features of all models and cases. */
const FEATURE_BYTES_MAX = 800e6;

/** A base model with its features of each case: the logarithm of its scores, and the scores, [items] each. */
interface ScoredBaseModel extends BaseModel {
  features: [Float32Array, Float32Array][];
}

interface FittingCase {
  history: EvaluationCase['history'];
  /** Item indices of the history and of the next item. */
  seen: readonly number[];
  target: number;
  knowledge: number;
}

/**
 * Validates one blend of the models that improve it. If its file is too large for the edge, drops the model with the
 * smallest weights and refits the others.
 */
export const trainBlend: Algorithm = async ({ baseModels, validation, vocabulary }, context) => {
  const cases = selectFittingCases(validation, baseModels.length, vocabulary.itemIds);
  if (cases.length < CASES_MIN || context.signal.aborted) return;
  let models: ScoredBaseModel[] = [];
  const before = context.timeLeft();
  for (const model of baseModels) {
    if (context.timeLeft() <= before / 2) return;
    context.onProgress(`scoring with ${model.algorithm}`, models.length / baseModels.length);
    models.push(await scoreCases(model, cases));
  }
  // Validating the blend runs all its base models, on more cases.
  const validationMs = ((before - context.timeLeft()) * validation.length) / cases.length;
  const isOver = () => context.timeLeft() <= validationMs || context.signal.aborted;
  while (models.length > 1 && !isOver()) {
    context.onProgress('fitting');
    const weights = fitByCoordinateAscent(describeCases(cases, models), isOver);
    if (models.filter((_, n) => sumWeights(weights, n) > 0).length < 2) return;
    const blend = createBlendModel(models, weights);
    await context.validate(blend);
    if (encodeRetrievalModel(blend).bytes.length <= MODEL_BYTES_MAX) return;
    models = dropWeakest(models, weights);
  }
};

/** Sums the absolute weights of a model. */
const sumWeights = (weights: Float32Array, model: number): number =>
  weights.subarray(FEATURES * model, FEATURES * (model + 1)).reduce((sum, weight) => sum + Math.abs(weight), 0);

/** Drops the models with weight 0 and, of the others, the one with the smallest weights. */
function dropWeakest(models: readonly ScoredBaseModel[], weights: Float32Array): ScoredBaseModel[] {
  const sums = models.map((_, n) => sumWeights(weights, n) || Number.POSITIVE_INFINITY);
  const weakest = sums.indexOf(Math.min(...sums));
  return models.filter((_, n) => n !== weakest && Number.isFinite(sums[n]));
}

/**
 * Selects cases whose target is in the vocabulary, evenly spaced, as many as fit in memory with the scores of all
 * models.
 */
function selectFittingCases(
  cases: readonly EvaluationCase[],
  models: number,
  itemIds: readonly string[],
): FittingCase[] {
  const indices = new Map(itemIds.map((itemId, index) => [itemId, index]));
  const bytes = cases.length * FEATURES_KEPT * models * itemIds.length * Float32Array.BYTES_PER_ELEMENT;
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

/** Each model's features, and the same multiplied by the knowledge of the player. */
const describeCases = (cases: readonly FittingCase[], models: readonly ScoredBaseModel[]): RankedCase[] =>
  cases.map(({ seen, target, knowledge }, n) => ({
    seen,
    target,
    features: models.flatMap(({ features }) =>
      [1, knowledge].flatMap((scale) => features[n]!.map((values) => ({ values, scale }))),
    ),
  }));

async function scoreCases(model: RetrievalModel, cases: readonly FittingCase[]): Promise<ScoredBaseModel> {
  const indices = new Map(model.itemIds.map((itemId, index) => [itemId, index]));
  const scorer = await openScorer(encodeRetrievalModel(model).bytes, model.itemIds);
  const width = model.itemIds.length;
  const rows: Float32Array[] = [];
  try {
    for (let from = 0; from < cases.length; from += BATCH) {
      const histories = cases.slice(from, from + BATCH).map(({ history }) => history);
      const scores = await scorer.score(encodeHistories(histories, indices));
      for (let row = 0; row < histories.length; row++) rows.push(scores.slice(row * width, (row + 1) * width));
    }
  } finally {
    await scorer.release();
  }
  const averageRows = (measure: (row: Float32Array) => number) =>
    rows.reduce((total, row) => total + measure(row), 0) / rows.length || 1;
  const scale = {
    sum: averageRows((row) => row.reduce((total, score) => total + score, 0)),
    max: averageRows((row) => row.reduce((most, score) => Math.max(most, score), 0)),
  };
  const features = rows.map((row): ScoredBaseModel['features'][number] => [
    row.map((score) => Math.log((score * width) / scale.sum + SHARE_MIN)),
    row.map((score) => score / scale.max),
  ]);
  return { model, scale, features };
}
