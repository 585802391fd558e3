import { init, numpy as np } from '@jax-js/jax';
import { expect, test } from 'vitest';
import { makeContext } from '../../tests/try-algorithm.ts';
import type { EvaluationCase } from '../evaluation/cases.ts';
import { computeMean, measureUsers } from '../evaluation/metrics.ts';
import { rankTargets } from '../evaluation/ranking.ts';
import { openScorer } from '../onnx/session.ts';
import { encodeRetrievalModel, type RetrievalModel, type TrainingData } from './algorithm.ts';
import { blendLogits, trainBlend } from './blend.ts';
import { createNeighbourModel } from './neighbours.ts';

const ITEMS = 16;
const itemIds = Array.from({ length: ITEMS }, (_, place) => `game${place}`);

/** Knows of the items that `knows` names that the next one follows, and of the others that the one before does. */
function halfWise(algorithm: string, knows: (place: number) => boolean): RetrievalModel {
  const neighbours = Int32Array.from(itemIds.keys(), (place) => (place + (knows(place) ? 1 : ITEMS - 1)) % ITEMS);
  // What it knows, it says louder.
  const weights = Float32Array.from(itemIds.keys(), (place) => (knows(place) ? 1 : 0.3));
  const tables = { items: ITEMS, perItem: 1, neighbours, weights };
  return createNeighbourModel({ algorithm, parameters: {}, itemIds }, tables, { positionDecay: 1, halfLifeDays: 0 });
}

const ask = (place: number): EvaluationCase => ({
  history: [{ itemId: itemIds[place]!, weight: 1, ageDays: 0 }],
  targets: [itemIds[(place + 1) % ITEMS]!],
});
const questions = Array.from({ length: 64 }, (_, n) => ask(n % ITEMS));

const context = makeContext();
const dataWith = (earlier: RetrievalModel[], validation: EvaluationCase[] = questions): TrainingData => ({
  interactions: {
    userIds: [],
    itemIds: [],
    starts: new Int32Array(),
    ends: new Int32Array(),
    items: new Int32Array(),
    weights: new Float32Array(),
    timestamps: new Float64Array(),
  },
  vocabulary: { itemIds, indices: new Int32Array(), counts: new Int32Array(ITEMS) },
  catalogue: new Map(),
  validation,
  baseModels: earlier,
});

async function measure(model: RetrievalModel): Promise<number> {
  const scorer = await openScorer(encodeRetrievalModel(model).bytes, itemIds);
  const ranking = await rankTargets(scorer, questions);
  await scorer.release();
  return computeMean(measureUsers(ranking)['ndcg@10']);
}

async function collect(data: TrainingData): Promise<RetrievalModel[]> {
  const models: RetrievalModel[] = [];
  const proposals = trainBlend(data, context);
  for (let next = await proposals.next(); !next.done; next = await proposals.next(0)) models.push(next.value);
  return models;
}

test('a blend knows what its parts know, and leaves out what says nothing', async () => {
  const even = halfWise('even', (place) => place % 2 === 0);
  const odd = halfWise('odd', (place) => place % 2 === 1);
  const silent: RetrievalModel = {
    ...halfWise('silent', () => false),
    addTo: (graph, history) => graph.node('nothing', 'Mul', [even.addTo(graph, history), graph.float('zero', 0)]),
  };
  const models = await collect(dataWith([even, silent, odd]));
  expect(models.map(({ parameters }) => parameters.of)).toEqual(['even+odd']);
  const [whole] = models;
  const parts = [await measure(even), await measure(odd)];
  expect(Math.max(...parts)).toBeLessThan(0.9);
  expect(await measure(whole!)).toBe(1);
});

test('logits are the formula’s, also where a model has no score for anything', async () => {
  await init();
  const scores = [
    [0.2, 0.6, 0, 0.2],
    [0, 0, 0, 0],
    [3, 0, 1, 0],
    [2, 2, 2, 2],
  ];
  const chosen = [0, 9];
  const loudness = [
    { sum: 2, max: 0.5 },
    { sum: 6, max: 2.5 },
  ];
  // Rows: a model; columns: log, relative, and what each gains with what is known.
  const mix = [0.5, 1, 0.1, 0, -0.25, 2, 0.3, -0.5];
  const row = (model: number, user: number) => scores[2 * model + user]!;
  const expected = chosen.flatMap((count, user) => {
    const knowledge = Math.log1p(count) / Math.log1p(128);
    const weigh = (model: number, feature: number) =>
      mix[4 * model + feature]! + knowledge * mix[4 * model + feature + 2]!;
    return [0, 1, 2, 3].map((item) =>
      [0, 1].reduce((sum, model) => {
        const values = row(model, user);
        const share = (4 * values[item]!) / loudness[model]!.sum;
        const relative = values[item]! / loudness[model]!.max;
        return sum + weigh(model, 0) * Math.log(share + 0.1) + weigh(model, 1) * relative;
      }, 0),
    );
  });
  const array = (values: number[], shape: number[]) => np.array(Float32Array.from(values)).reshape(shape);
  const models = [0, 1].map((model) => array([...row(model, 0), ...row(model, 1)], [2, 4]));
  const logits = await blendLogits(array(mix, [2, 4]), models, array(chosen, [2]), loudness).data();
  // Up to a number that is the same for all items of a row.
  Array.from(logits).forEach((value, n) => {
    const first = 4 * Math.floor(n / 4);
    expect(value - logits[first]!, `place ${n}`).toBeCloseTo(expected[n]! - expected[first]!, 4);
  });
});

test('one model alone, or too few questions, give no blend', async () => {
  const even = halfWise('even', (place) => place % 2 === 0);
  expect(await collect(dataWith([even]))).toEqual([]);
  expect(await collect(dataWith([even, even], questions.slice(0, 3)))).toEqual([]);
});
