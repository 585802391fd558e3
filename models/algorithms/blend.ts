// A learned combination of the models that were trained before it, as one graph: a log-linear pool (Genest & Zidek 1986,
// "Combining Probability Distributions") whose weights depend on how much is known of the player. They are few, for they
// are fitted on the validation split, which is small.

import { nn, numpy as np } from '@jax-js/jax';
import { HISTORY_LENGTH } from '../contracts/release.ts';
import type { RankingCase } from '../evaluation/cases.ts';
import { encodeHistories } from '../features/history.ts';
import { lower, type Tensor } from '../onnx/lower.ts';
import { logitCrossEntropy } from '../training/cross-entropy.ts';
import type { Arrays } from '../training/optimiser.ts';
import { createRandom } from '../training/random.ts';
import { openScorer, type TensorData } from '../training/session.ts';
import { type BatchShape, openTrainingStep } from '../training/step.ts';
import { type Algorithm, encodeRetrieval, type RetrievalModel, type TrainingContext } from './algorithm.ts';

const ROWS = 16;
const EPOCHS = 20;
const OPTIMISER = { learningRate: 0.05, warmUpSteps: 20, weightDecay: 0, clipNorm: 1 };
/** What the scores of all models for all questions may take while the weights are fitted. */
const SCORES_BYTES_MAX = 400e6;
/** Of an equal share of a row: what is below it is as good as none. */
const SHARE_MIN = 0.1;
/** Of each model: the logarithm of its scores, and the scores. */
const FEATURES = 2;
/** Added to the logit of what the player has. */
const NEVER = -1e9;

/** Proposes the blend of all; then again and again without the model that said least, as long as there is time. */
export const trainBlend: Algorithm = async function* ({ earlier, validation, vocabulary }, context) {
  const questions = chooseQuestions(validation, earlier.length, vocabulary.itemIds);
  if (questions.length < ROWS) return;
  const voices: Voice[] = [];
  for (const model of earlier) voices.push(await hear(model, questions));
  let longestMs = 0;
  while (voices.length > 1 && context.timeLeft() > longestMs && !context.signal.aborted) {
    const before = context.timeLeft();
    context.onProgress(`fitting ${voices.map(({ model }) => model.algorithm).join(', ')}`);
    const mix = await fitMix(questions, voices, vocabulary.itemIds.length, context);
    yield toModel(voices, mix);
    voices.splice(findLeast(mix, voices.length), 1);
    longestMs = Math.max(longestMs, before - context.timeLeft());
  }
};

/** How loud a model speaks on the average: what makes the scores of different models comparable, and leaves them unequal. */
export interface Loudness {
  /** Of a row of scores. */
  sum: number;
  max: number;
}

interface Voice {
  model: RetrievalModel;
  /** Of each question, [items]. */
  scores: Float32Array[];
  loudness: Loudness;
}

interface Question {
  history: RankingCase['history'];
  /** Places in the vocabulary: of the history's items, and of the one that came next. */
  seen: readonly number[];
  target: number;
}

/** Those whose next item is known: as many, evenly taken, as have room with the scores of all models. */
function chooseQuestions(cases: readonly RankingCase[], models: number, itemIds: readonly string[]): Question[] {
  const places = new Map(itemIds.map((itemId, place) => [itemId, place]));
  const bytes = cases.length * models * itemIds.length * Float32Array.BYTES_PER_ELEMENT;
  const stride = Math.max(1, Math.ceil(bytes / SCORES_BYTES_MAX));
  const questions: Question[] = [];
  for (let at = 0; at < cases.length; at += stride) {
    const { history, targets } = cases[at]!;
    const target = places.get(targets[0]!);
    const seen = history.map(({ itemId }) => places.get(itemId)).filter((place) => place !== undefined);
    if (target !== undefined && seen.length > 0) questions.push({ history, seen, target });
  }
  return questions;
}

async function hear(model: RetrievalModel, questions: readonly Question[]): Promise<Voice> {
  const places = new Map(model.itemIds.map((itemId, place) => [itemId, place]));
  const scorer = await openScorer(encodeRetrieval(model).bytes, model.itemIds);
  const width = model.itemIds.length;
  const scores: Float32Array[] = [];
  for (let from = 0; from < questions.length; from += ROWS) {
    const histories = questions.slice(from, from + ROWS).map(({ history }) => history);
    const rows = await scorer.score(encodeHistories(histories, places));
    for (let row = 0; row < histories.length; row++) scores.push(rows.slice(row * width, (row + 1) * width));
  }
  await scorer.release();
  const meanOf = (measure: (row: Float32Array) => number) =>
    scores.reduce((total, row) => total + measure(row), 0) / scores.length || 1;
  const loudness = {
    sum: meanOf((row) => row.reduce((total, score) => total + score, 0)),
    max: meanOf((row) => row.reduce((most, score) => Math.max(most, score), 0)),
  };
  return { model, scores, loudness };
}

/** → mix, see blendLogits. */
async function fitMix(
  questions: readonly Question[],
  voices: readonly Voice[],
  items: number,
  { seed }: TrainingContext,
): Promise<Float32Array> {
  const names = voices.map((_, model) => `scores${model}`);
  const loudness = voices.map((voice) => voice.loudness);
  const batchShape: BatchShape = {
    chosen: { type: 'float32', dimensions: [ROWS] },
    allowed: { type: 'float32', dimensions: [ROWS, items] },
    targets: { type: 'int32', dimensions: [ROWS] },
  };
  for (const name of names) batchShape[name] = { type: 'float32', dimensions: [ROWS, items] };
  const loss = ({ mix }: Arrays, { chosen, allowed, targets, ...rest }: Arrays) => {
    const logits = blendLogits(mix!, Object.values(rest), chosen!, loudness).add(allowed!);
    return np.mean(logitCrossEntropy(logits, targets!));
  };
  const start = new Float32Array(2 * FEATURES * voices.length);
  for (let model = 0; model < voices.length; model++) start[FEATURES * model] = 1 / voices.length;
  const dimensions = [2, FEATURES * voices.length];
  const training = await openTrainingStep(loss, { mix: { data: start, dimensions } }, batchShape, OPTIMISER);
  const random = createRandom(seed, 'blend');
  const steps = EPOCHS * Math.floor(questions.length / ROWS);
  for (let step = 0; step < steps; step++) {
    const drawn = Array.from({ length: ROWS }, () => random.below(questions.length));
    const batch: Record<string, TensorData> = {
      chosen: { data: Float32Array.from(drawn, (q) => questions[q]!.seen.length), dimensions: [ROWS] },
      allowed: {
        data: forbidSeen(
          drawn.map((q) => questions[q]!),
          items,
        ),
        dimensions: [ROWS, items],
      },
      targets: { data: Int32Array.from(drawn, (q) => questions[q]!.target), dimensions: [ROWS] },
    };
    names.forEach((name, model) => {
      batch[name] = {
        data: joinRows(
          drawn.map((q) => voices[model]!.scores[q]!),
          items,
        ),
        dimensions: [ROWS, items],
      };
    });
    await training.run(batch, steps);
  }
  const { mix } = training.parameters();
  await training.release();
  return mix!.data;
}

function forbidSeen(questions: readonly Question[], items: number): Float32Array {
  const allowed = new Float32Array(questions.length * items);
  questions.forEach(({ seen }, row) => {
    for (const place of seen) allowed[row * items + place] = NEVER;
  });
  return allowed;
}

function joinRows(rows: readonly Float32Array[], width: number): Float32Array {
  const joined = new Float32Array(rows.length * width);
  rows.forEach((row, at) => {
    joined.set(row, at * width);
  });
  return joined;
}

/** The model whose weights are smallest, all in all. */
function findLeast(mix: Float32Array, models: number): number {
  const said = Array.from({ length: models }, (_, model) => {
    let sum = 0;
    for (let half = 0; half < 2; half++)
      for (let n = 0; n < FEATURES; n++) sum += Math.abs(mix[half * FEATURES * models + FEATURES * model + n]!);
    return sum;
  });
  return said.indexOf(Math.min(...said));
}

/** `mix`: see blendLogits. */
export function toModel(voices: readonly Omit<Voice, 'scores'>[], mix: Float32Array): RetrievalModel {
  const models = voices.map(({ model }) => model);
  const loudness = voices.map((voice) => voice.loudness);
  const { itemIds } = models[0]!;
  const best = models.find(({ neighbours, itemVectors }) => neighbours ?? itemVectors);
  return {
    algorithm: 'blend',
    parameters: { of: models.map(({ algorithm }) => algorithm).join('+') },
    itemIds,
    ...(best?.neighbours && { neighbours: best.neighbours }),
    ...(best?.itemVectors && { itemVectors: best.itemVectors }),
    addTo(graph, history) {
      const scores = models.map((model) => model.addTo(graph.scope(model.algorithm), history));
      const dimensions = ['batch', itemIds.length] as const;
      const blend = (mixed: np.Array, rowsOf: np.Array[], cells: np.Array) =>
        nn.softmax(blendLogits(mixed, rowsOf, np.sum(np.where(np.greater(cells, 0), 1, 0), -1), loudness), -1);
      const weights: Tensor = {
        name: graph.constant('mix', mix, [2, mix.length / 2]),
        type: 'float32',
        dimensions: [2, mix.length / 2],
      };
      const rows = scores.map((name): Tensor => ({ name, type: 'float32', dimensions }));
      const cells: Tensor = { name: history.weights, type: 'float32', dimensions: ['batch', HISTORY_LENGTH] };
      return lower(graph, blend, [weights, rows, cells]).name;
    },
  };
}

/**
 * @param mix [2, FEATURES · models]: of each feature the weight, and what it gains with the length of the history.
 * @param scores of each model, [batch, items], 0 or more.
 * @param chosen float32 [batch]: items in the history.
 * @returns logits, [batch, items].
 */
export function blendLogits(
  mix: np.Array,
  scores: readonly np.Array[],
  chosen: np.Array,
  loudness: readonly Loudness[],
): np.Array {
  const items = scores[0]!.shape[1]!;
  const knowledge = np.log1p(chosen).div(Math.log1p(HISTORY_LENGTH)).reshape([-1, 1]);
  const gates = knowledge.mul(mix.ref.slice([1, 2])).add(mix.slice([0, 1]));
  const terms = scores.flatMap((score, model) => {
    const { sum, max } = loudness[model]!;
    const shares = score.ref.mul(items / sum);
    return [np.log(shares.add(SHARE_MIN)), score.mul(1 / max)].map((feature, n) => {
      const at = FEATURES * model + n;
      return feature.mul(gates.ref.slice([], [at, at + 1]));
    });
  });
  gates.dispose();
  return terms.reduce((logits, term) => logits.add(term));
}
