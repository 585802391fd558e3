// Runs an algorithm on a few sequences and scores with its model files, for tests.

import {
  type Algorithm,
  buildVocabulary,
  encodeRetrievalModel,
  type RetrievalModel,
  type TrainingContext,
  type TrainingData,
} from '../models/algorithms/algorithm.ts';
import type { Item } from '../models/contracts/item.ts';
import { encodeHistories } from '../models/features/history.ts';
import { openScorer } from '../models/onnx/session.ts';
import { InteractionLog } from './interaction-log.ts';

const HOUR_MS = 3_600_000;
const ITEMS_MAX = 1000;

/** A player's items in order, an hour apart, the last at the same time for all players. */
export type Sequence = readonly string[];

export const makeContext = (context: Partial<TrainingContext> = {}): TrainingContext => ({
  validate: async () => 0,
  seed: 1,
  device: 'cpu',
  timeLeft: () => 60_000,
  signal: new AbortController().signal,
  onProgress() {},
  explain() {},
  checkpoints: { read: () => undefined, write() {} },
  ...context,
});

/** Scores a model for the algorithm that validates it; `index` counts the models before it. */
export type Judge = (model: RetrievalModel, index: number) => number;

/** Runs an algorithm and returns the models that it validates, in order; `judge` scores each validation. */
export async function collectModels(
  train: Algorithm,
  data: TrainingData,
  judge: Judge = () => 0,
  context: TrainingContext = makeContext(),
): Promise<RetrievalModel[]> {
  const models: RetrievalModel[] = [];
  const validate = async (model: RetrievalModel) => judge(model, models.push(model) - 1);
  await train(data, { ...context, validate });
  return models;
}

/** As collectModels, on data with these sequences and this catalogue. */
export function trainOnSequences(
  train: Algorithm,
  sequences: readonly Sequence[],
  judge?: Judge,
  context?: TrainingContext,
  catalogue: ReadonlyMap<string, Item> = new Map(),
): Promise<RetrievalModel[]> {
  const log = new InteractionLog();
  for (const [user, sequence] of sequences.entries())
    for (const [at, itemId] of sequence.entries()) {
      const timestamp = (at - sequence.length) * HOUR_MS;
      log.add({ userId: `u${user}`, itemId, type: 'like', value: null, timestamp });
    }
  const interactions = log.collect();
  const vocabulary = buildVocabulary(interactions, ITEMS_MAX, catalogue.keys());
  return collectModels(train, { interactions, vocabulary, catalogue, validation: [], baseModels: [] }, judge, context);
}

/** Scores by item id of the model's file for a history of today's likes, newest first. */
export async function scoreItems(model: RetrievalModel, ...history: string[]): Promise<Record<string, number>> {
  const scorer = await openScorer(encodeRetrievalModel(model).bytes, model.itemIds);
  const indices = new Map(model.itemIds.map((itemId, index) => [itemId, index]));
  const likes = history.map((itemId) => ({ itemId, weight: 1, ageDays: 0 }));
  const scores = await scorer.score(encodeHistories([likes], indices));
  await scorer.release();
  return Object.fromEntries(model.itemIds.map((itemId, index) => [itemId, scores[index]!]));
}

/** The scores relative to the largest. */
export function relative(scores: Record<string, number>): Record<string, number> {
  const largest = Math.max(...Object.values(scores));
  return Object.fromEntries(Object.entries(scores).map(([itemId, score]) => [itemId, score / largest]));
}
