import { expect, test } from 'vitest';
import { InteractionLog } from '../../tests/interaction-log.ts';
import type { Algorithm, RetrievalModel } from '../algorithms/algorithm.ts';
import { trainBlend } from '../algorithms/blend.ts';
import { trainPopularity } from '../algorithms/popularity.ts';
import { MODEL_BYTES_MAX } from '../contracts/release.ts';
import type { EvaluationCase } from '../evaluation/cases.ts';
import { ALGORITHMS } from './algorithms.ts';
import { type SearchInput, searchAlgorithms } from './search.ts';

const ITEMS = ['a', 'b', 'c', 'd'];
/** All players have a, fewer b, and so on; the target is d. */
const validation: EvaluationCase[] = [{ history: [], targets: ['d'] }];

function createInteractions() {
  const log = new InteractionLog();
  for (const [at, itemId] of ITEMS.entries())
    for (let user = at; user < 9; user++)
      log.add({ userId: `u${user}`, itemId, type: 'like', value: null, timestamp: 0 });
  return log.collect();
}

const input = (algorithms: Record<string, Algorithm>, changes: Partial<SearchInput> = {}): SearchInput => ({
  algorithms: Object.entries(algorithms).map(([name, train]) => ({ name, share: 1, train })),
  interactions: createInteractions(),
  validation,
  catalogue: new Map(),
  budgetMs: 60_000,
  seed: 1,
  device: 'cpu',
  signal: new AbortController().signal,
  checkpoints: { read: () => undefined, write() {} },
  clock: () => 0,
  readPeakMemoryMB: () => 0,
  onProgress() {},
  ...changes,
});

/** Scores every history alike, in a file with `ballast` unused numbers. */
const makeModel = (algorithm: string, scores: number[], ballast = 0): RetrievalModel => ({
  algorithm,
  parameters: {},
  itemIds: ITEMS,
  addTo(graph, { weights }) {
    graph.constant('ballast', new Float32Array(ballast));
    const batch = graph.node('batch', 'Shape', [weights], { end: 1 });
    const shape = graph.node('shape', 'Concat', [batch, graph.ints('one', 1)], { axis: 0 });
    return graph.node('scores', 'Expand', [graph.constant('constant', Float32Array.from(scores)), shape]);
  },
});

const validate =
  (...models: RetrievalModel[]): Algorithm =>
  async (_, context) => {
    for (const model of models) await context.validate(model);
  };
const second = makeModel('second', [0, 0, 2, 1]);
const first = makeModel('first', [0, 0, 1, 2]);
const third = makeModel('third', [0, 3, 2, 1]);
const namesOf = (candidates: { model: RetrievalModel }[]) => candidates.map(({ model }) => model.algorithm);

test('each algorithm’s best model is kept, and the best of all on the validation split is selected', async () => {
  const worse = { ...first, parameters: { worse: 1 }, addTo: third.addTo };
  const { candidates, selected, missing } = await searchAlgorithms(
    input({ popularity: trainPopularity, first: validate(worse, first, worse), second: validate(second) }),
  );
  expect(namesOf(candidates)).toEqual(['popularity', 'first', 'second']);
  expect(candidates.slice(1).map(({ validation: ndcg }) => ndcg)).toEqual([1, 1 / Math.log2(3)]);
  expect(selected!.model).toBe(first);
  expect(missing).toEqual([]);
});

test('time that an algorithm leaves unused goes to those after it', async () => {
  let now = 0;
  const given: number[] = [];
  const spend =
    (ms: number): Algorithm =>
    async (_, context) => {
      given.push(context.timeLeft());
      now += ms;
    };
  const algorithms = [10, 200, 0].map((ms, n) => ({ name: `${n}`, share: n + 1, train: spend(ms) }));
  await searchAlgorithms({ ...input({}), algorithms, budgetMs: 600, clock: () => now });
  // A sixth of 600; two fifths of 590; all of the 390 that are left.
  expect(given).toEqual([100, 236, 390]);
});

test('an algorithm that needs more than its share is left out with a reason, and the others get its time', async () => {
  const given: number[] = [];
  const record: Algorithm = async (_, context) => {
    given.push(context.timeLeft());
  };
  const algorithms = [
    { name: 'first', share: 1, train: record },
    { name: 'slow', share: 4, train: record, estimateLeastMs: () => 4_001 },
    { name: 'quick', share: 1, train: record, estimateLeastMs: () => 1_000 },
  ];
  const { missing } = await searchAlgorithms({ ...input({}), algorithms, budgetMs: 6_000 });
  expect(given).toEqual([3_000, 6_000]);
  expect(missing[0]).toEqual({
    algorithm: 'slow',
    reason: 'it needs some 5 s for this data, and would have had 4 s',
  });
});

test('without time the cheap algorithms have a model each', async () => {
  const { candidates, missing } = await searchAlgorithms({
    ...input({}),
    algorithms: ALGORITHMS,
    budgetMs: 1e-3,
    clock: () => performance.now(),
  });
  expect(namesOf(candidates)).toEqual(['popularity', 'item-knn', 'transitions']);
  expect(missing.map(({ algorithm }) => algorithm).sort()).toEqual(['blend', 'content', 'ease', 'sasrec']);
});

test('the blend of two algorithms has a model even if they have used up all the time', async () => {
  let now = 0;
  const overrun: Algorithm = async (_, context) => {
    await context.validate(makeModel('c-first', [1, 1, 3, 1]));
    now += 100_000;
  };
  const cases = Array.from({ length: 40 }, (_, n) => ({
    history: [{ itemId: 'a', weight: 1, ageDays: 1 }],
    targets: [n % 2 === 0 ? 'c' : 'd'],
  }));
  const algorithms = { 'd-first': validate(makeModel('d-first', [1, 1, 1, 3])), 'c-first': overrun, blend: trainBlend };
  const { candidates, selected, missing } = await searchAlgorithms(
    input(algorithms, { validation: cases, clock: () => now }),
  );
  expect(namesOf(candidates)).toEqual(['d-first', 'c-first', 'blend']);
  expect(selected!.validation).toBeGreaterThan(candidates[0]!.validation);
  expect(missing).toEqual([]);

  const alone = await searchAlgorithms(input({ 'd-first': algorithms['d-first'], blend: trainBlend }));
  expect(alone.missing).toEqual([{ algorithm: 'blend', reason: 'it combines models, and there are not two' }]);
});

test('an algorithm that fails is named, keeps its best model and releases its sessions; the others go on', async () => {
  const released: string[] = [];
  const baseModels: string[][] = [];
  const failing =
    (name: string, ...models: RetrievalModel[]): Algorithm =>
    async (data, context) => {
      baseModels.push(namesOf(data.baseModels.map((model) => ({ model }))));
      try {
        for (const model of models) await context.validate(model);
        throw new Error('no space left');
      } finally {
        released.push(name);
      }
    };
  const broken: RetrievalModel = {
    ...first,
    addTo: (graph, { weights }) => graph.node('scores', 'Unknown', [weights]),
  };
  const algorithms = {
    empty: failing('empty'),
    unreadable: failing('unreadable', broken),
    half: failing('half', second),
    last: failing('last', first),
  };
  const { candidates, missing } = await searchAlgorithms(input(algorithms));
  expect(namesOf(candidates)).toEqual(['second', 'first']);
  expect(released).toEqual(['empty', 'unreadable', 'half', 'last']);
  expect(baseModels).toEqual([[], [], [], ['second']]);
  expect(missing.map(({ algorithm }) => algorithm)).toEqual(['empty', 'unreadable', 'half', 'last']);
  expect(missing[0]!.reason).toBe('it failed: no space left');
  expect(missing[1]!.reason).toMatch(/^it failed: ./);
  expect(missing[2]!.reason).toBe('it failed after its best model: no space left');
  await expect(searchAlgorithms(input(algorithms, { device: 'cuda' }))).rejects.toThrow('no space left');
});

test('a model that is too large, ranks no target or has diverged is not kept, and the reason is given', async () => {
  const large = makeModel('large', [0, 0, 1, 2], MODEL_BYTES_MAX / 4 + 50_000);
  const wrong = makeModel('wrong', [4, 3, 2, 1]);
  const diverged = makeModel('diverged', [Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
  const cases = Array.from({ length: 9 }, () => ({ history: [], targets: ['unknown'] }));
  const algorithms = { popularity: trainPopularity, silent: validate(), large: validate(large) };
  const { candidates, missing } = await searchAlgorithms(input(algorithms));
  expect(namesOf(candidates)).toEqual(['popularity']);
  expect(missing).toEqual([
    { algorithm: 'silent', reason: 'it validated no model: too little time, or too little data' },
    { algorithm: 'large', reason: 'its file of 16.2 MB is larger than the 16 MB that the edge can hold' },
  ]);

  const unranked = { popularity: trainPopularity, wrong: validate(wrong), diverged: validate(diverged) };
  const nothing = await searchAlgorithms(input(unranked, { validation: cases }));
  expect(nothing.selected!.model.algorithm).toBe('popularity');
  expect(namesOf(nothing.candidates)).toEqual(['popularity']);
  expect(nothing.missing.map(({ algorithm }) => algorithm)).toEqual(['wrong', 'diverged']);
  expect((await searchAlgorithms(input({ diverged: validate(diverged) }))).missing).toHaveLength(1);
});

test('an abort ends the training after the algorithm that is running', async () => {
  const controller = new AbortController();
  const aborting: Algorithm = async (_, context) => {
    controller.abort();
    await context.validate(second);
  };
  const algorithms = { popularity: trainPopularity, second: aborting, first: validate(first) };
  const { candidates, missing } = await searchAlgorithms(input(algorithms, { signal: controller.signal }));
  expect(namesOf(candidates)).toEqual(['popularity', 'second']);
  expect(missing).toEqual([{ algorithm: 'first', reason: 'the training was ended before its turn' }]);
});
