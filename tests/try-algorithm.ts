// Runs an algorithm on a few choices and asks its model files, for tests.

import {
  type Algorithm,
  buildVocabulary,
  encodeRetrievalModel,
  type RetrievalModel,
  type TrainingContext,
} from '../models/algorithms/algorithm.ts';
import type { Item } from '../models/contracts/item.ts';
import { InteractionLog } from '../models/data/interactions.ts';
import { encodeHistories } from '../models/features/history.ts';
import { openScorer } from '../models/onnx/session.ts';

const HOUR_MS = 3_600_000;
const ITEMS_MAX = 1000;

/** A player's items in the order in which they were chosen, an hour apart, the last at the same time for all. */
export type Sequence = readonly string[];

export const makeContext = (context: Partial<TrainingContext> = {}): TrainingContext => ({
  seed: 1,
  device: 'cpu',
  timeLeft: () => 60_000,
  signal: new AbortController().signal,
  onProgress() {},
  checkpoints: { read: () => undefined, write() {} },
  ...context,
});

/** All models that the algorithm proposes, where `judge` says how good each is. */
export async function collectProposals(
  train: Algorithm,
  sequences: readonly Sequence[],
  judge: (model: RetrievalModel, proposal: number) => number = () => 0,
  context: TrainingContext = makeContext(),
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
  const models: RetrievalModel[] = [];
  const proposals = train({ interactions, vocabulary, catalogue, validation: [], baseModels: [] }, context);
  let next = await proposals.next();
  while (!next.done) {
    models.push(next.value);
    next = await proposals.next(judge(next.value, models.length - 1));
  }
  return models;
}

/** The scores that the model's file gives for a history of likes of today, newest first, by item id. */
export async function scoreItems(model: RetrievalModel, ...history: string[]): Promise<Record<string, number>> {
  const scorer = await openScorer(encodeRetrievalModel(model).bytes, model.itemIds);
  const places = new Map(model.itemIds.map((itemId, place) => [itemId, place]));
  const likes = history.map((itemId) => ({ itemId, weight: 1, ageDays: 0 }));
  const scores = await scorer.score(encodeHistories([likes], places));
  await scorer.release();
  return Object.fromEntries(model.itemIds.map((itemId, place) => [itemId, scores[place]!]));
}

/** The scores relative to the largest. */
export function relative(scores: Record<string, number>): Record<string, number> {
  const largest = Math.max(...Object.values(scores));
  return Object.fromEntries(Object.entries(scores).map(([itemId, score]) => [itemId, score / largest]));
}
