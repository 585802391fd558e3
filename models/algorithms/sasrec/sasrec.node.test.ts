import { init, numpy as np } from '@jax-js/jax';
import { expect, test } from 'vitest';
import { InteractionLog } from '../../../tests/interaction-log.ts';
import { collectModels, type Judge, makeContext } from '../../../tests/try-algorithm.ts';
import { HISTORY_LENGTH } from '../../contracts/release.ts';
import { createRandom } from '../../data/random.ts';
import { encodeHistories } from '../../features/history.ts';
import { openScorer } from '../../onnx/session.ts';
import {
  buildVocabulary,
  type Checkpoints,
  encodeRetrievalModel,
  type RetrievalModel,
  type TrainingContext,
  type TrainingData,
} from '../algorithm.ts';
import { SASREC_DEFAULTS } from './options.ts';
import { fitSasrec } from './sasrec.ts';
import { createSasrecModel, scoreItems } from './served.ts';
import { initialise, type TransformerShape } from './transformer.ts';

const GAMES = 12;
const OPTIONS = { ...SASREC_DEFAULTS, width: 16, rows: 2, epochs: 100, learningRate: 1e-2 };

/** Players who go round the games in steps of five: the next item follows from the order alone. */
function circlingPlayers(players: number, interactions: number): TrainingData {
  const log = new InteractionLog();
  for (let player = 0; player < players; player++)
    for (let n = 0; n < interactions; n++)
      log.add({
        userId: `player${player}`,
        itemId: `game${(player + 5 * n) % GAMES}`,
        type: 'like',
        value: null,
        timestamp: n * 3_600_000,
      });
  const all = log.collect();
  const vocabulary = buildVocabulary(all, 100);
  return { interactions: all, vocabulary, catalogue: new Map(), validation: [], baseModels: [] };
}

const runFit = (options: typeof OPTIONS, data: TrainingData, context?: Partial<TrainingContext>, judge?: Judge) =>
  collectModels((own, given) => fitSasrec(options, own, given), data, judge, makeContext(context));

function keepInMemory(): { kept: Map<string, Uint8Array>; checkpoints: Checkpoints } {
  const kept = new Map<string, Uint8Array>();
  const write = (name: string, bytes: Uint8Array) => void kept.set(name, bytes);
  return { kept, checkpoints: { read: (name) => kept.get(name), write } };
}

type HistoryEntry = { itemId: string; weight: number; ageDays: number };
const liked = (...games: number[]): HistoryEntry[] =>
  games.map((game) => ({ itemId: `game${game}`, weight: 1, ageDays: 0 }));

async function score(model: RetrievalModel, histories: HistoryEntry[][]): Promise<number[][]> {
  const indices = new Map(model.itemIds.map((itemId, index) => [itemId, index]));
  const scorer = await openScorer(encodeRetrievalModel(model).bytes, model.itemIds);
  const scores = await scorer.score(encodeHistories(histories, indices));
  await scorer.release();
  return histories.map((_, row) => [...scores.subarray(row * indices.size, (row + 1) * indices.size)]);
}

const best = (model: RetrievalModel, scores: number[]) => model.itemIds[scores.indexOf(Math.max(...scores))];

test('fits an order that no table of unordered pairs can represent, and one seed gives one model', async () => {
  const data = circlingPlayers(24, 9);
  const models = await runFit(OPTIONS, data);
  const model = models.at(-1)!;
  const scores = await score(model, [liked(0), liked(5, 0), liked(7, 2, 9), liked(3)]);
  expect(scores.map((row) => best(model, row))).toEqual(['game5', 'game10', 'game0', 'game8']);
  // Probabilities.
  for (const row of scores) expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 4);

  const again = await runFit(OPTIONS, data);
  expect(encodeRetrievalModel(again.at(-1)!).bytes).toEqual(encodeRetrievalModel(model).bytes);
  const other = await runFit(OPTIONS, data, { seed: 2 });
  expect(encodeRetrievalModel(other.at(-1)!).bytes).not.toEqual(encodeRetrievalModel(model).bytes);
});

test('brief and negative events and padding change nothing; an empty history scores every item the same', async () => {
  const [model] = await runFit({ ...OPTIONS, epochs: 1 }, circlingPlayers(24, 9));
  const brief: HistoryEntry = { itemId: 'game1', weight: 0.1, ageDays: 0 };
  const negative: HistoryEntry = { itemId: 'game4', weight: -1, ageDays: 0 };
  const [plain, mixed, alone] = await score(model!, [
    liked(7, 2, 9),
    [brief, ...liked(7), negative, ...liked(2, 9)],
    [brief],
  ]);
  expect(mixed).toEqual(plain);
  for (const value of alone!) expect(value).toBeCloseTo(1 / GAMES, 5);
});

test('the served graph scores as jax-js does', async () => {
  await init();
  const shape: TransformerShape = { items: 9, width: 8, layers: 2, heads: 2, hiddenWidth: 32, length: HISTORY_LENGTH };
  const random = createRandom(3, 'weights');
  const parameters = initialise(shape, random);
  // Not the initial values: biases of 0 and gains of 1 would hide errors.
  for (const { data } of Object.values(parameters))
    for (let at = 0; at < data.length; at++) data[at] = Math.f16round(data[at]! + 0.3 * random.normal());
  const items = Int32Array.from({ length: 2 * HISTORY_LENGTH }, (_, cell) =>
    cell < 200 ? (cell * 5) % shape.items : 0,
  );
  const segmentIds = Int32Array.from(items, (_, cell) => (cell < 200 ? 1 : 0));
  const weights = Object.fromEntries(
    Object.entries(parameters).map(([name, { data, dimensions }]) => [
      name,
      np.array(Float32Array.from(data)).reshape([...dimensions]),
    ]),
  );
  const tensor = (data: Int32Array) =>
    np.array(Int32Array.from(data), { dtype: np.int32 }).reshape([2, HISTORY_LENGTH]);
  const expected = await scoreItems(weights, tensor(items), tensor(segmentIds), shape).data();

  const itemIds = Array.from({ length: shape.items }, (_, index) => `game${index}`);
  const scorer = await openScorer(
    encodeRetrievalModel(createSasrecModel(parameters, shape, {}, itemIds)).bytes,
    itemIds,
  );
  const scores = await scorer.score({
    batch: 2,
    items,
    weights: Float32Array.from(segmentIds),
    ages: new Float32Array(items.length),
  });
  await scorer.release();
  scores.forEach((value, n) => {
    expect(value, `cell ${n}`).toBeCloseTo(expected[n]!, 5);
  });
});

test('items that the transformer does not know score 0, and are left out of histories', async () => {
  const shape: TransformerShape = { items: 9, width: 8, layers: 1, heads: 2, hiddenWidth: 16, length: HISTORY_LENGTH };
  const parameters = initialise(shape, createRandom(1, 'weights'));
  const itemIds = Array.from({ length: 14 }, (_, index) => `game${index}`);
  const scorer = await openScorer(
    encodeRetrievalModel(createSasrecModel(parameters, shape, {}, itemIds)).bytes,
    itemIds,
  );
  const like = (index: number) => ({ itemId: `game${index}`, weight: 1, ageDays: 0 });
  const histories = [[2, 5, 8], [13, 2, 5, 9, 8], [13, 9], []].map((items) => items.map(like));
  const scores = await scorer.score(encodeHistories(histories, new Map(itemIds.map((itemId, n) => [itemId, n]))));
  await scorer.release();
  const rows = histories.map((_, row) => scores.subarray(14 * row, 14 * (row + 1)));
  for (const row of rows) expect(row.subarray(9)).toEqual(new Float32Array(5));
  expect(rows[0]!.reduce((sum, score) => sum + score, 0)).toBeCloseTo(1, 5);
  expect(rows[1]).toEqual(rows[0]);
  expect(rows[2]).toEqual(rows[3]);
  expect(rows[0]).not.toEqual(rows[3]);
});

test('without time, after an abort and with insufficient data no model is validated, and nothing throws', async () => {
  const data = circlingPlayers(24, 9);
  const aborted = AbortSignal.abort();
  expect(await runFit(OPTIONS, data, { timeLeft: () => 0 })).toEqual([]);
  expect(await runFit(OPTIONS, data, { signal: aborted })).toEqual([]);
  expect(await runFit(OPTIONS, circlingPlayers(0, 0))).toEqual([]);
  expect(await runFit(OPTIONS, circlingPlayers(5, 1))).toEqual([]);
  // One player with two interactions is enough.
  expect(await runFit({ ...OPTIONS, epochs: 2 }, circlingPlayers(1, 2))).not.toEqual([]);
});

test('an interrupted fit resumes where it stopped', async () => {
  const data = circlingPlayers(24, 9);
  const { kept, checkpoints } = keepInMemory();
  const controller = new AbortController();
  let epoch = '';
  const onProgress = (step: string) => {
    epoch = step.split(' ')[1]!;
    if (Number(epoch) >= 10) controller.abort();
  };
  const models = await runFit(OPTIONS, data, { checkpoints, signal: controller.signal, onProgress });
  expect(models.length).toBeGreaterThan(0);
  expect([...kept.keys()].some((name) => name.endsWith('-latest'))).toBe(true);
  const steps: number[] = [];
  const onResumed = (step: string) => void steps.push(Number(step.split(' ')[1]!));
  await runFit(OPTIONS, data, { checkpoints, onProgress: onResumed });
  expect(steps[0]).toBeGreaterThanOrEqual(10);
  // Other options are another fit.
  const fresh: number[] = [];
  const onFresh = (step: string) => void fresh.push(Number(step.split(' ')[1]!));
  await runFit({ ...OPTIONS, epochs: 1, dropout: 0.3 }, data, { checkpoints, onProgress: onFresh });
  expect(fresh[0]).toBeLessThan(2);
  // So are other data, even if only the first player's sequence now ends where the second's does.
  const { userIds, starts, ends, ...columns } = data.interactions;
  const joined = {
    ...columns,
    userIds: userIds.slice(1),
    starts: starts.filter((_, n) => n !== 1),
    ends: ends.slice(1),
  };
  const other: number[] = [];
  const stop = new AbortController();
  const onOther = (step: string) => {
    other.push(Number(step.split(' ')[1]!));
    stop.abort();
  };
  await runFit(OPTIONS, { ...data, interactions: joined }, { checkpoints, signal: stop.signal, onProgress: onOther });
  expect(other[0]).toBeLessThan(2);
});

test('a complete fit is not repeated: its best model is validated again', async () => {
  const data = circlingPlayers(24, 9);
  const { kept, checkpoints } = keepInMemory();
  const options = { ...OPTIONS, epochs: 60 };
  // The third validation finds the best model.
  const files: Uint8Array[] = [];
  await runFit(options, data, { checkpoints }, (model) => {
    files.push(encodeRetrievalModel(model).bytes);
    return files.length === 3 ? 0.9 : 0.1;
  });
  const progress: string[] = [];
  const again = await runFit(options, data, { checkpoints, onProgress: (step) => progress.push(step) });
  expect(again).toHaveLength(1);
  expect(progress).toEqual([]);
  expect(encodeRetrievalModel(again[0]!).bytes).toEqual(files[2]!);

  // Damaged checkpoints count as none.
  for (const name of kept.keys()) kept.set(name, kept.get(name)!.subarray(0, 3));
  for (const name of [...kept.keys()].filter((key) => key.endsWith('-complete'))) kept.delete(name);
  expect((await runFit(options, data, { checkpoints })).length).toBeGreaterThan(1);
});
