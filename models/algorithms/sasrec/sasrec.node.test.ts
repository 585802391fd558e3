import { init, numpy as np } from '@jax-js/jax';
import { expect, test } from 'vitest';
import { makeContext } from '../../../tests/try-algorithm.ts';
import { HISTORY_LENGTH } from '../../contracts/release.ts';
import { InteractionLog } from '../../data/interactions.ts';
import { createRandom } from '../../data/random.ts';
import { encodeHistories } from '../../features/history.ts';
import { openScorer } from '../../onnx/session.ts';
import { buildVocabulary, encodeRetrievalModel, type RetrievalModel } from '../algorithm.ts';
import { fitSasrec, SASREC_DEFAULTS } from './sasrec.ts';
import { createSasrecModel, scoreItems } from './served.ts';
import { initialise, type TransformerShape } from './transformer.ts';

const GAMES = 12;
const OPTIONS = { ...SASREC_DEFAULTS, width: 16, rows: 2, epochs: 100, learningRate: 1e-2 };

/** Players who go round the games, each two further than the last: the next choice follows from the order alone. */
function circlingPlayers(players: number, choices: number) {
  const log = new InteractionLog();
  for (let player = 0; player < players; player++)
    for (let n = 0; n < choices; n++)
      log.add({
        userId: `player${player}`,
        itemId: `game${(player + 5 * n) % GAMES}`,
        type: 'like',
        value: null,
        timestamp: n * 3_600_000,
      });
  const interactions = log.collect();
  const vocabulary = buildVocabulary(interactions, 100);
  return { interactions, vocabulary, catalogue: new Map(), validation: [], baseModels: [] };
}

async function collect(proposals: AsyncGenerator<RetrievalModel, void, number>): Promise<RetrievalModel[]> {
  const models: RetrievalModel[] = [];
  for (let next = await proposals.next(); !next.done; next = await proposals.next(0)) models.push(next.value);
  return models;
}

type Choice = { itemId: string; weight: number; ageDays: number };
const chose = (...games: number[]): Choice[] => games.map((game) => ({ itemId: `game${game}`, weight: 1, ageDays: 0 }));

async function score(model: RetrievalModel, histories: Choice[][]): Promise<number[][]> {
  const places = new Map(model.itemIds.map((itemId, place) => [itemId, place]));
  const scorer = await openScorer(encodeRetrievalModel(model).bytes, model.itemIds);
  const scores = await scorer.score(encodeHistories(histories, places));
  await scorer.release();
  return histories.map((_, row) => [...scores.subarray(row * places.size, (row + 1) * places.size)]);
}

const best = (model: RetrievalModel, scores: number[]) => model.itemIds[scores.indexOf(Math.max(...scores))];

test('it learns an order that no table of pairs without order can know, and one seed gives one model', async () => {
  const data = circlingPlayers(24, 9);
  const models = await collect(fitSasrec(OPTIONS, data, makeContext()));
  const model = models.at(-1)!;
  const scores = await score(model, [chose(0), chose(5, 0), chose(7, 2, 9), chose(3)]);
  expect(scores.map((row) => best(model, row))).toEqual(['game5', 'game10', 'game0', 'game8']);
  // Probabilities.
  for (const row of scores) expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 4);

  const again = await collect(fitSasrec(OPTIONS, data, makeContext()));
  expect(encodeRetrievalModel(again.at(-1)!).bytes).toEqual(encodeRetrievalModel(model).bytes);
  const other = await collect(fitSasrec(OPTIONS, data, makeContext({ seed: 2 })));
  expect(encodeRetrievalModel(other.at(-1)!).bytes).not.toEqual(encodeRetrievalModel(model).bytes);
});

test('a glance, a refusal and padding change nothing; a player of whom nothing is known gets every item alike', async () => {
  const [model] = await collect(fitSasrec({ ...OPTIONS, epochs: 1 }, circlingPlayers(24, 9), makeContext()));
  const glance: Choice = { itemId: 'game1', weight: 0.1, ageDays: 0 };
  const refusal: Choice = { itemId: 'game4', weight: -1, ageDays: 0 };
  const [plain, mixed, alone] = await score(model!, [
    chose(7, 2, 9),
    [glance, ...chose(7), refusal, ...chose(2, 9)],
    [glance],
  ]);
  expect(mixed).toEqual(plain);
  for (const value of alone!) expect(value).toBeCloseTo(1 / GAMES, 5);
});

test('the served graph scores as jax-js does', async () => {
  await init();
  const shape: TransformerShape = { items: 9, width: 8, layers: 2, heads: 2, hiddenWidth: 32, length: HISTORY_LENGTH };
  const random = createRandom(3, 'weights');
  const parameters = initialise(shape, random);
  // Not as they begin: with distances of zero and gains of one much could go wrong unseen.
  for (const { data } of Object.values(parameters))
    for (let at = 0; at < data.length; at++) data[at] = Math.f16round(data[at]! + 0.3 * random.normal());
  const items = Int32Array.from({ length: 2 * HISTORY_LENGTH }, (_, cell) =>
    cell < 200 ? (cell * 5) % shape.items : 0,
  );
  const windows = Int32Array.from(items, (_, cell) => (cell < 200 ? 1 : 0));
  const weights = Object.fromEntries(
    Object.entries(parameters).map(([name, { data, dimensions }]) => [
      name,
      np.array(Float32Array.from(data)).reshape([...dimensions]),
    ]),
  );
  const tensor = (data: Int32Array) =>
    np.array(Int32Array.from(data), { dtype: np.int32 }).reshape([2, HISTORY_LENGTH]);
  const expected = await scoreItems(weights, tensor(items), tensor(windows), shape).data();

  const itemIds = Array.from({ length: shape.items }, (_, place) => `game${place}`);
  const scorer = await openScorer(
    encodeRetrievalModel(createSasrecModel(parameters, shape, {}, itemIds)).bytes,
    itemIds,
  );
  const scores = await scorer.score({
    batch: 2,
    items,
    weights: Float32Array.from(windows),
    ages: new Float32Array(items.length),
  });
  await scorer.release();
  scores.forEach((value, n) => {
    expect(value, `place ${n}`).toBeCloseTo(expected[n]!, 5);
  });
});

test('no time, an early end, and too little to learn from give no model, and no error', async () => {
  const data = circlingPlayers(24, 9);
  const aborted = AbortSignal.abort();
  expect(await collect(fitSasrec(OPTIONS, data, makeContext({ timeLeft: () => 0 })))).toEqual([]);
  expect(await collect(fitSasrec(OPTIONS, data, makeContext({ signal: aborted })))).toEqual([]);
  expect(await collect(fitSasrec(OPTIONS, circlingPlayers(0, 0), makeContext()))).toEqual([]);
  expect(await collect(fitSasrec(OPTIONS, circlingPlayers(5, 1), makeContext()))).toEqual([]);
  // One player with two choices is enough to go on.
  expect(await collect(fitSasrec({ ...OPTIONS, epochs: 2 }, circlingPlayers(1, 2), makeContext()))).not.toEqual([]);
});

test('a training that was cut short goes on where it was', async () => {
  const data = circlingPlayers(24, 9);
  const kept = new Map<string, Uint8Array>();
  const checkpoints = {
    read: (name: string) => kept.get(name),
    write: (name: string, bytes: Uint8Array) => void kept.set(name, bytes),
  };
  const controller = new AbortController();
  let epoch = '';
  const onProgress = (step: string) => {
    epoch = step.split(' ')[1]!;
    if (Number(epoch) >= 10) controller.abort();
  };
  const models = await collect(
    fitSasrec(OPTIONS, data, makeContext({ checkpoints, signal: controller.signal, onProgress })),
  );
  expect(models.length).toBeGreaterThan(0);
  expect([...kept.keys()].some((name) => name.endsWith('-latest'))).toBe(true);
  const steps: number[] = [];
  await collect(
    fitSasrec(
      OPTIONS,
      data,
      makeContext({ checkpoints, onProgress: (step) => void steps.push(Number(step.split(' ')[1]!)) }),
    ),
  );
  expect(steps[0]).toBeGreaterThanOrEqual(10);
  // Other options are another training.
  const fresh: number[] = [];
  const onFresh = (step: string) => void fresh.push(Number(step.split(' ')[1]!));
  await collect(
    fitSasrec({ ...OPTIONS, epochs: 1, dropout: 0.3 }, data, makeContext({ checkpoints, onProgress: onFresh })),
  );
  expect(fresh[0]).toBeLessThan(2);
});

test('a training that is complete is not done again: it proposes its best', async () => {
  const data = circlingPlayers(24, 9);
  const kept = new Map<string, Uint8Array>();
  const checkpoints = {
    read: (name: string) => kept.get(name),
    write: (name: string, bytes: Uint8Array) => void kept.set(name, bytes),
  };
  const options = { ...OPTIONS, epochs: 60 };
  // The third look finds the best model.
  const files: Uint8Array[] = [];
  const proposals = fitSasrec(options, data, makeContext({ checkpoints }));
  for (let next = await proposals.next(); !next.done; next = await proposals.next(files.length === 3 ? 0.9 : 0.1))
    files.push(encodeRetrievalModel(next.value).bytes);
  const progress: string[] = [];
  const again = await collect(
    fitSasrec(options, data, makeContext({ checkpoints, onProgress: (step) => progress.push(step) })),
  );
  expect(again).toHaveLength(1);
  expect(progress).toEqual([]);
  expect(encodeRetrievalModel(again[0]!).bytes).toEqual(files[2]!);

  // What cannot be read is as good as none.
  for (const name of kept.keys()) kept.set(name, kept.get(name)!.subarray(0, 3));
  for (const name of [...kept.keys()].filter((key) => key.endsWith('-complete'))) kept.delete(name);
  expect((await collect(fitSasrec({ ...options }, data, makeContext({ checkpoints })))).length).toBeGreaterThan(1);
});
