// Fits a combination of the models trained so far: a weighted sum of their scores, with weights that depend on the
// length of the history. The weights are few because the validation split, on which they are fitted, is small.
// blend-model.ts has the formula, blend-cases.ts selects and scores the cases.

import { MODEL_BYTES_MAX } from '../contracts/release.ts';
import { type Algorithm, encodeRetrievalModel, type RetrievalModel } from './algorithm.ts';
import { type FittingCase, type ScoredBaseModel, scoreCases, selectFittingCases } from './blend-cases.ts';
import { createBlendModel, FEATURES, sumMagnitudes } from './blend-model.ts';
import { fitByCoordinateAscent, type RankedCase } from './coordinate-ascent.ts';

/** Minimum number of cases to fit weights on. */
const CASES_MIN = 16;

/**
 * Validates one blend of the models that improve it. Without time left, it is fitted on fewer cases. Reports the reason
 * if there is no blend.
 */
export const trainBlend: Algorithm = async ({ baseModels, validation, vocabulary }, context) => {
  if (baseModels.length < 2) return context.explain('it combines models, and there are not two');
  const indices = new Map(vocabulary.itemIds.map((itemId, index) => [itemId, index]));
  const selected = selectFittingCases(validation, baseModels.length, indices);
  if (selected.length < CASES_MIN) return context.explain('the validation split has too few cases to fit weights on');
  if (context.signal.aborted) return;
  const before = context.timeLeft();
  const { cases, models } = await scoreCases(baseModels, selected, indices, context);
  if (context.signal.aborted) return;
  // Validating the blend runs all its base models, on more cases.
  const validationMs = ((before - context.timeLeft()) * validation.length) / cases.length;
  context.onProgress('fitting');
  const blend = fitBlend(
    cases,
    models,
    // The first round runs even without time left.
    (round) => context.signal.aborted || (round > 0 && context.timeLeft() <= validationMs),
  );
  if (typeof blend === 'string') context.explain(blend);
  else await context.validate(blend);
};

/**
 * While the file is too large for the edge, drops the model with the smallest weights and refits the others. Returns
 * the reason if there is no blend.
 */
function fitBlend(
  cases: readonly FittingCase[],
  all: readonly ScoredBaseModel[],
  isOver: (round: number) => boolean,
): RetrievalModel | string {
  for (let models = all; models.length > 1; ) {
    const weights = fitByCoordinateAscent(describeCases(cases, models), isOver);
    if (models.filter((_, n) => sumWeights(weights, n) > 0).length < 2)
      return 'no combination ranked better than one model alone';
    const blend = createBlendModel(models, weights);
    if (encodeRetrievalModel(blend).bytes.length <= MODEL_BYTES_MAX) return blend;
    models = dropWeakest(models, weights);
  }
  return `no two models fit into the ${MODEL_BYTES_MAX / 1e6} MB that the edge can hold`;
}

/** Sums the absolute weights of a model. */
const sumWeights = (weights: Float32Array, model: number): number =>
  sumMagnitudes(weights.subarray(FEATURES * model, FEATURES * (model + 1)));

/** Drops the models with weight 0 and, of the others, the one with the smallest weights. */
function dropWeakest(models: readonly ScoredBaseModel[], weights: Float32Array): ScoredBaseModel[] {
  const sums = models.map((_, n) => sumWeights(weights, n) || Number.POSITIVE_INFINITY);
  const weakest = sums.indexOf(Math.min(...sums));
  return models.filter((_, n) => n !== weakest && Number.isFinite(sums[n]));
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
