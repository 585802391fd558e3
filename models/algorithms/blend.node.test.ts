import { init, numpy as np } from '@jax-js/jax';
import { expect, test } from 'vitest';
import { collectModels, makeContext } from '../../tests/try-algorithm.ts';
import type { EvaluationCase } from '../evaluation/cases.ts';
import { computeMean, measureUsers } from '../evaluation/metrics.ts';
import { rankTargets } from '../evaluation/ranking.ts';
import { openScorer } from '../onnx/session.ts';
import { encodeRetrievalModel, type RetrievalModel, type TrainingData } from './algorithm.ts';
import { trainBlend } from './blend.ts';
import { blendLogits, createBlendModel } from './blend-model.ts';
import { createNeighbourModel } from './neighbours.ts';

const ITEMS = 16;
const itemIds = Array.from({ length: ITEMS }, (_, index) => `game${index}`);

/**
 * After items that it knows, recommends the next item with a high score; after others, the previous item with a low
 * one.
 */
function createHalfModel(algorithm: string, knows: (itemIndex: number) => boolean): RetrievalModel {
  const neighbours = Int32Array.from(itemIds.keys(), (item) => (item + (knows(item) ? 1 : ITEMS - 1)) % ITEMS);
  const weights = Float32Array.from(itemIds.keys(), (item) => (knows(item) ? 1 : 0.3));
  const tables = { items: ITEMS, perItem: 1, neighbours, weights };
  return createNeighbourModel({ algorithm, parameters: {}, itemIds }, tables, { positionDecay: 1, halfLifeDays: 0 });
}

const createCase = (item: number): EvaluationCase => ({
  history: [{ itemId: itemIds[item]!, weight: 1, ageDays: 0 }],
  targets: [itemIds[(item + 1) % ITEMS]!],
});
const cases = Array.from({ length: 64 }, (_, n) => createCase(n % ITEMS));

const dataWith = (baseModels: RetrievalModel[], validation: EvaluationCase[] = cases): TrainingData => ({
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
  baseModels,
});

async function measure(model: RetrievalModel): Promise<number> {
  const scorer = await openScorer(encodeRetrievalModel(model).bytes, itemIds);
  const ranking = await rankTargets(scorer, cases);
  await scorer.release();
  return computeMean(measureUsers(ranking)['ndcg@10']);
}

test('a blend has the neighbours of the base model that counts most', () => {
  const models = ['first', 'second', 'third'].map((name, n) => ({
    model: createHalfModel(name, (item) => item % 3 === n),
    scale: { sum: 1, max: 1 },
  }));
  const weights = Float32Array.of(0.5, 0, 0, 0, 0.4, 0, -0.9, 0, 0, 0.2, 0, 0);
  expect(createBlendModel(models, weights).neighbours).toBe(models[1]!.model.neighbours);
});

test('a blend combines what its base models know, and leaves out a model that adds nothing', async () => {
  const even = createHalfModel('even', (item) => item % 2 === 0);
  const odd = createHalfModel('odd', (item) => item % 2 === 1);
  const silent: RetrievalModel = {
    ...createHalfModel('silent', () => false),
    addTo: (graph, history) => graph.node('nothing', 'Mul', [even.addTo(graph, history), graph.float('zero', 0)]),
  };
  const models = await collectModels(trainBlend, dataWith([even, silent, odd]));
  expect(models.map(({ parameters }) => parameters.of)).toEqual(['even+odd']);
  const [whole] = models;
  const parts = [await measure(even), await measure(odd)];
  expect(Math.max(...parts)).toBeLessThan(0.9);
  expect(await measure(whole!)).toBe(1);
});

test('logits follow the formula, even if a model scores nothing', async () => {
  await init();
  const scores = [
    [0.2, 0.6, 0, 0.2],
    [0, 0, 0, 0],
    [3, 0, 1, 0],
    [2, 2, 2, 2],
  ];
  const lengths = [0, 9];
  const scales = [
    { sum: 2, max: 0.5 },
    { sum: 6, max: 2.5 },
  ];
  // A row per model: the weights for log and relative, then those multiplied by knowledge.
  const mix = [0.5, 1, 0.1, 0, -0.25, 2, 0.3, -0.5];
  const row = (model: number, user: number) => scores[2 * model + user]!;
  const expected = lengths.flatMap((count, user) => {
    const knowledge = Math.log1p(count) / Math.log1p(128);
    const weigh = (model: number, feature: number) =>
      mix[4 * model + feature]! + knowledge * mix[4 * model + feature + 2]!;
    return [0, 1, 2, 3].map((item) =>
      [0, 1].reduce((sum, model) => {
        const values = row(model, user);
        const share = (4 * values[item]!) / scales[model]!.sum;
        const relative = values[item]! / scales[model]!.max;
        return sum + weigh(model, 0) * Math.log(share + 0.1) + weigh(model, 1) * relative;
      }, 0),
    );
  });
  const array = (values: number[], shape: number[]) => np.array(Float32Array.from(values)).reshape(shape);
  const models = [0, 1].map((model) => array([...row(model, 0), ...row(model, 1)], [2, 4]));
  const logits = await blendLogits(array(mix, [2, 4]), models, array(lengths, [2]), scales).data();
  // Logits are equal up to a number per row.
  Array.from(logits).forEach((value, n) => {
    const first = 4 * Math.floor(n / 4);
    expect(value - logits[first]!, `cell ${n}`).toBeCloseTo(expected[n]! - expected[first]!, 4);
  });
});

test('without time left there is still a blend, fitted on some of the cases in one round', async () => {
  const even = createHalfModel('even', (item) => item % 2 === 0);
  const odd = createHalfModel('odd', (item) => item % 2 === 1);
  const many = Array.from({ length: 1_000 }, (_, n) => createCase(n % ITEMS));
  const steps: number[] = [];
  const collect = (timeLeft: number) => {
    steps.length = 0;
    const onProgress = (_: string, share?: number) => void (share === undefined || steps.push(share));
    return collectModels(
      trainBlend,
      dataWith([even, odd], many),
      undefined,
      makeContext({ timeLeft: () => timeLeft, onProgress }),
    );
  };
  for (const timeLeft of [0, -5_000]) {
    const [blend] = await collect(timeLeft);
    expect(await measure(blend!)).toBe(1);
    expect(steps.length * 16).toBe(512);
  }
  expect(await collect(60_000)).toHaveLength(1);
  expect(Math.ceil(many.length / 16)).toBe(steps.length);
});

test('a blend that is too large for the edge loses its weakest model, even without time left', async () => {
  const knows = (third: number) => createHalfModel(`third${third}`, (item) => item % 3 === third);
  const grow = (model: RetrievalModel, megabytes: number): RetrievalModel => ({
    ...model,
    addTo(graph, history) {
      graph.constant('ballast', new Float32Array(megabytes * 250_000));
      return model.addTo(graph, history);
    },
  });
  const build = (...megabytes: number[]) => megabytes.map((size, third) => grow(knows(third), size));
  const context = makeContext({ timeLeft: () => 0 });
  const [blend] = await collectModels(trainBlend, dataWith(build(7, 7, 7)), undefined, context);
  expect(String(blend!.parameters.of).split('+')).toHaveLength(2);
  const reasons: string[] = [];
  const explained = { ...context, explain: (reason: string) => void reasons.push(reason) };
  expect(await collectModels(trainBlend, dataWith(build(9, 9, 9)), undefined, explained)).toEqual([]);
  expect(reasons).toEqual(['no two models fit into the 16 MB that the edge can hold']);
});

test('without a blend there is a reason: a single model, too few cases, or nothing to gain', async () => {
  const even = createHalfModel('even', (item) => item % 2 === 0);
  const reasons: string[] = [];
  const context = makeContext({ explain: (reason) => void reasons.push(reason) });
  for (const data of [dataWith([even]), dataWith([even, even], cases.slice(0, 3)), dataWith([even, even])])
    expect(await collectModels(trainBlend, data, undefined, context)).toEqual([]);
  expect(reasons).toEqual([
    'it combines models, and there are not two',
    'the validation split has too few cases to fit weights on',
    'no combination ranked better than one model alone',
  ]);
  const aborted = makeContext({ signal: AbortSignal.abort() });
  const odd = createHalfModel('odd', (item) => item % 2 === 1);
  expect(await collectModels(trainBlend, dataWith([even, odd]), undefined, aborted)).toEqual([]);
});
