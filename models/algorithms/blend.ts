// A learned combination of the models that were trained before it, as one graph: a weighted sum of what each says, whose
// weights depend on how much is known of the player. They are few, for they are fitted on the validation split, which is small.

import { nn, numpy as np } from '@jax-js/jax';
import { HISTORY_LENGTH, MODEL_BYTES_MAX } from '../contracts/release.ts';
import type { EvaluationCase } from '../evaluation/cases.ts';
import { encodeHistories } from '../features/history.ts';
import { INTERACTION_WEIGHT_MIN } from '../features/weights.ts';
import { lower, type Tensor } from '../onnx/lower.ts';
import { openScorer } from '../onnx/session.ts';
import { type Algorithm, encodeRetrievalModel, type RetrievalModel } from './algorithm.ts';
import { fitByCoordinateAscent } from './coordinate-ascent.ts';

/** Histories that are scored at a time. */
const ROWS = 16;
/** Fewer questions say nothing. */
const QUESTIONS_MIN = 16;
/** What the features of all models for all questions may take while the weights are fitted. */
const FEATURE_BYTES_MAX = 800e6;
/** Of an equal share of a row: what is below it is as good as none. */
const SHARE_MIN = 0.1;
/** Of each model: the logarithm of its scores and the scores, and each again in proportion to what is known of the player. */
const FEATURES = 4;
/** … of which the second half is the first, multiplied. */
const FEATURES_KEPT = 2;

/** Proposes one blend, of those models alone that add something; where its file is too large, others with fewer of them. */
export const trainBlend: Algorithm = async function* ({ baseModels: earlier, validation, vocabulary }, context) {
  const questions = chooseQuestions(validation, earlier.length, vocabulary.itemIds);
  if (questions.length < QUESTIONS_MIN || context.signal.aborted) return;
  let voices: BaseModel[] = [];
  const before = context.timeLeft();
  for (const model of earlier) {
    if (context.timeLeft() <= before / 2) return;
    context.onProgress(`hearing ${model.algorithm}`, voices.length / earlier.length);
    voices.push(await measureBaseModel(model, questions));
  }
  // The blend will be asked what its parts were: at most that many more questions, in that much more time.
  const lookMs = ((before - context.timeLeft()) * validation.length) / questions.length;
  const isOver = () => context.timeLeft() <= lookMs || context.signal.aborted;
  while (voices.length > 1 && !isOver()) {
    context.onProgress('fitting');
    const ranked = questions.map(({ seen, target, knowledge }, q) => ({
      seen,
      target,
      features: voices.flatMap(({ features }) =>
        [1, knowledge].flatMap((scale) => features[q]!.map((values) => ({ values, scale }))),
      ),
    }));
    const weights = fitByCoordinateAscent(ranked, isOver);
    const heard = voices.filter((_, voice) => worthOf(weights, voice) > 0);
    const model = createBlendModel(voices, weights);
    if (heard.length > 1) yield model;
    if (heard.length < 2 || encodeRetrievalModel(model).bytes.length <= MODEL_BYTES_MAX) return;
    const worths = voices.map((_, voice) => worthOf(weights, voice) || Number.POSITIVE_INFINITY);
    const least = worths.indexOf(Math.min(...worths));
    voices = voices.filter((voice, at) => heard.includes(voice) && at !== least);
  }
};

/** How much a voice says, all in all. */
const worthOf = (weights: Float32Array, voice: number): number =>
  weights.subarray(FEATURES * voice, FEATURES * (voice + 1)).reduce((sum, weight) => sum + Math.abs(weight), 0);

/** How loud a model speaks on the average: what makes the scores of different models comparable, and leaves them unequal. */
export interface Scale {
  /** Of a row of scores. */
  sum: number;
  max: number;
}

interface BaseModel {
  model: RetrievalModel;
  scale: Scale;
  /** Of each question: the logarithm, and the scores themselves. */
  features: [Float32Array, Float32Array][];
}

interface FittingCase {
  history: EvaluationCase['history'];
  /** Places in the vocabulary: of the history's items, and of the one that came next. */
  seen: readonly number[];
  target: number;
  knowledge: number;
}

/** Those whose next item is known: as many, evenly taken, as have room with the scores of all models. */
function chooseQuestions(cases: readonly EvaluationCase[], models: number, itemIds: readonly string[]): FittingCase[] {
  const places = new Map(itemIds.map((itemId, place) => [itemId, place]));
  const bytes = cases.length * FEATURES_KEPT * models * itemIds.length * Float32Array.BYTES_PER_ELEMENT;
  const stride = Math.max(1, Math.ceil(bytes / FEATURE_BYTES_MAX));
  const questions: FittingCase[] = [];
  for (let at = 0; at < cases.length; at += stride) {
    const { history, targets } = cases[at]!;
    const target = places.get(targets[0]!);
    const seen = history.map(({ itemId }) => places.get(itemId)).filter((place) => place !== undefined);
    if (target !== undefined && seen.length > 0)
      questions.push({ history, seen, target, knowledge: knowledgeOf(Math.min(HISTORY_LENGTH, seen.length)) });
  }
  return questions;
}

/** How much is known of a player: 0 for nothing, 1 for a full history. */
const knowledgeOf = (chosen: number): number => Math.log1p(chosen) / Math.log1p(HISTORY_LENGTH);

async function measureBaseModel(model: RetrievalModel, questions: readonly FittingCase[]): Promise<BaseModel> {
  const places = new Map(model.itemIds.map((itemId, place) => [itemId, place]));
  const scorer = await openScorer(encodeRetrievalModel(model).bytes, model.itemIds);
  const width = model.itemIds.length;
  const rows: Float32Array[] = [];
  try {
    for (let from = 0; from < questions.length; from += ROWS) {
      const histories = questions.slice(from, from + ROWS).map(({ history }) => history);
      const scores = await scorer.score(encodeHistories(histories, places));
      for (let row = 0; row < histories.length; row++) rows.push(scores.slice(row * width, (row + 1) * width));
    }
  } finally {
    await scorer.release();
  }
  const meanOf = (measure: (row: Float32Array) => number) =>
    rows.reduce((total, row) => total + measure(row), 0) / rows.length || 1;
  const scale = {
    sum: meanOf((row) => row.reduce((total, score) => total + score, 0)),
    max: meanOf((row) => row.reduce((most, score) => Math.max(most, score), 0)),
  };
  const features = rows.map((row): BaseModel['features'][number] => [
    row.map((score) => Math.log((score * width) / scale.sum + SHARE_MIN)),
    row.map((score) => score / scale.max),
  ]);
  return { model, scale: scale, features };
}

/** `weights`: FEATURES of each voice. Voices whose weights are all 0 stay out. */
export function createBlendModel(
  voices: readonly Omit<BaseModel, 'features'>[],
  weights: Float32Array,
): RetrievalModel {
  const heard = voices
    .map(({ model, scale }, voice) => ({
      model,
      scale: scale,
      weights: weights.slice(FEATURES * voice, FEATURES * (voice + 1)),
    }))
    .filter((voice) => voice.weights.some((weight) => weight !== 0));
  const { itemIds } = voices[0]!.model;
  const mix = Float32Array.from(heard.flatMap((voice) => [...voice.weights]));
  const similar = heard.find(({ model }) => model.neighbours ?? model.itemVectors)?.model;
  return {
    algorithm: 'blend',
    parameters: { of: heard.map(({ model }) => model.algorithm).join('+') },
    itemIds,
    ...(similar?.neighbours && { neighbours: similar.neighbours }),
    ...(similar?.itemVectors && { itemVectors: similar.itemVectors }),
    addTo(graph, history) {
      const dimensions = [heard.length, FEATURES] as const;
      const weighed: Tensor = { name: graph.constant('mix', mix, dimensions), type: 'float32', dimensions };
      const rows = heard.map(
        ({ model }): Tensor => ({
          name: model.addTo(graph.scope(model.algorithm), history),
          type: 'float32',
          dimensions: ['batch', itemIds.length],
        }),
      );
      const cells: Tensor = { name: history.weights, type: 'float32', dimensions: ['batch', HISTORY_LENGTH] };
      const blend = (ofMix: np.Array, ofModels: np.Array[], weightsOfHistory: np.Array) => {
        const chosen = np.sum(np.where(np.greaterEqual(weightsOfHistory, INTERACTION_WEIGHT_MIN), 1, 0), -1);
        return nn.softmax(
          blendLogits(
            ofMix,
            ofModels,
            chosen,
            heard.map(({ scale }) => scale),
          ),
          -1,
        );
      };
      return lower(graph, blend, [weighed, rows, cells]).name;
    },
  };
}

/**
 * @param mix [models, FEATURES]: the weights of the logarithm and of the scores, then of both times what is known.
 * @param scores of each model, [batch, items], 0 or more.
 * @param chosen float32 [batch]: items in the history.
 * @returns logits, [batch, items].
 */
export function blendLogits(
  mix: np.Array,
  scores: readonly np.Array[],
  chosen: np.Array,
  scale: readonly Scale[],
): np.Array {
  const items = scores[0]!.shape[1]!;
  const knowledge = np.log1p(chosen).div(Math.log1p(HISTORY_LENGTH)).reshape([-1, 1]);
  const weigh = (model: number, feature: number) => {
    const weight = (at: number) => mix.ref.slice([model, model + 1], [at, at + 1]);
    return knowledge.ref.mul(weight(feature + FEATURES_KEPT)).add(weight(feature));
  };
  const terms = scores.flatMap((score, model) => {
    const { sum, max } = scale[model]!;
    // log(score · items / sum + SHARE_MIN), less what is the same for all items.
    const logarithm = np.log(score.ref.add((SHARE_MIN * sum) / items));
    return [logarithm.mul(weigh(model, 0)), score.mul(weigh(model, 1).mul(1 / max))];
  });
  mix.dispose();
  knowledge.dispose();
  return terms.reduce((logits, term) => logits.add(term));
}
