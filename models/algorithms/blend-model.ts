// The blend as a retrieval model: the graphs of its base models and, in jax-js, the formula that combines their scores.

import { nn, numpy as np } from '@jax-js/jax';
import { HISTORY_LENGTH } from '../contracts/release.ts';
import { INTERACTION_WEIGHT_MIN } from '../features/weights.ts';
import { lower, type Tensor } from '../onnx/lower.ts';
import type { RetrievalModel } from './algorithm.ts';

/**
 * Added before the logarithm to a score's share of its row, relative to an equal share; smaller shares hardly differ.
 */
export const SHARE_MIN = 0.1;
/**
 * Weights per model: for the logarithm of its scores, for the scores, and for both multiplied by the knowledge of the
 * player.
 */
export const FEATURES = 4;
/** Features that are stored; the other half are the same values times a factor. */
export const FEATURES_KEPT = 2;

/**
 * Means over rows of scores, which make different models comparable but keep a model's rows different from each other.
 */
interface Scale {
  sum: number;
  max: number;
}

export interface BaseModel {
  model: RetrievalModel;
  scale: Scale;
}

/** The sum of a model's absolute weights: how much it counts in a blend. */
export const sumMagnitudes = (weights: Float32Array): number =>
  weights.reduce((sum, weight) => sum + Math.abs(weight), 0);

/** `weights`: FEATURES per model, in the models' order. Models whose weights are all 0 are left out. */
export function createBlendModel(models: readonly BaseModel[], weights: Float32Array): RetrievalModel {
  const parts = models
    .map(({ model, scale }, n) => ({ model, scale, weights: weights.slice(FEATURES * n, FEATURES * (n + 1)) }))
    .filter((part) => part.weights.some((weight) => weight !== 0));
  const { itemIds } = models[0]!.model;
  const mix = Float32Array.from(parts.flatMap((part) => [...part.weights]));
  const scales = parts.map(({ scale }) => scale);
  // The one that counts most: its neighbours stand in for the blend where onnxruntime cannot start.
  const similar = parts
    .filter(({ model }) => model.neighbours ?? model.itemVectors)
    .sort((a, b) => sumMagnitudes(b.weights) - sumMagnitudes(a.weights))[0]?.model;
  const blend = (mixed: np.Array, scores: np.Array[], historyWeights: np.Array) => {
    const lengths = np.sum(np.where(np.greaterEqual(historyWeights, INTERACTION_WEIGHT_MIN), 1, 0), -1);
    return nn.softmax(blendLogits(mixed, scores, lengths, scales), -1);
  };
  return {
    algorithm: 'blend',
    parameters: { of: parts.map(({ model }) => model.algorithm).join('+') },
    itemIds,
    ...(similar?.neighbours && { neighbours: similar.neighbours }),
    ...(similar?.itemVectors && { itemVectors: similar.itemVectors }),
    addTo(graph, history) {
      const tensor = (name: string, dimensions: Tensor['dimensions']): Tensor => ({
        name,
        type: 'float32',
        dimensions,
      });
      const shape = [parts.length, FEATURES] as const;
      const mixed = tensor(graph.constant('mix', mix, shape), shape);
      const scores = parts.map(({ model }) =>
        tensor(model.addTo(graph.scope(model.algorithm), history), ['batch', itemIds.length]),
      );
      return lower(graph, blend, [mixed, scores, tensor(history.weights, ['batch', HISTORY_LENGTH])]).name;
    },
  };
}

/**
 * Σ over the models of w₀ · log(score · items / sum + SHARE_MIN) + w₁ · score / max, where each w is mix + knowledge ·
 * mix′, and knowledge grows from 0 for an empty history to 1 for a full one.
 *
 * @param mix [models, FEATURES].
 * @param scores one array per model, [batch, items], 0 or more.
 * @param lengths float32 [batch]: interactions in the history.
 * @returns logits, [batch, items], up to a number per row.
 */
export function blendLogits(
  mix: np.Array,
  scores: readonly np.Array[],
  lengths: np.Array,
  scales: readonly Scale[],
): np.Array {
  const items = scores[0]!.shape[1]!;
  const knowledge = np.log1p(lengths).div(Math.log1p(HISTORY_LENGTH)).reshape([-1, 1]);
  const weigh = (model: number, feature: number) => {
    const weight = (at: number) => mix.ref.slice([model, model + 1], [at, at + 1]);
    return knowledge.ref.mul(weight(feature + FEATURES_KEPT)).add(weight(feature));
  };
  const terms = scores.flatMap((score, model) => {
    const { sum, max } = scales[model]!;
    // The factor items / sum is left out of the logarithm: it adds the same to all items of a row.
    const logarithm = np.log(score.ref.add((SHARE_MIN * sum) / items));
    return [logarithm.mul(weigh(model, 0)), score.mul(weigh(model, 1).mul(1 / max))];
  });
  mix.dispose();
  knowledge.dispose();
  return terms.reduce((logits, term) => logits.add(term));
}
