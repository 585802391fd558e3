// Trains algorithms one after another within a budget and keeps of each the proposal that ranks the validation split
// best. It never sees the test split, and publishes nothing.

import {
  type Algorithm,
  type Checkpoints,
  chooseVocabulary,
  encodeRetrieval,
  type RetrievalModel,
  type TrainingContext,
  type TrainingData,
  type Vocabulary,
} from '../algorithms/algorithm.ts';
import type { Item } from '../contracts/item.ts';
import { MODEL_BYTES_MAX } from '../contracts/release.ts';
import type { RankingCase } from '../evaluation/cases.ts';
import { rankingMetrics } from '../evaluation/metrics.ts';
import { rankTargets } from '../evaluation/ranking.ts';
import type { Interactions } from './interactions.ts';
import { type Device, openScorer } from './session.ts';

export interface SearchInput {
  /** Trained in this order. */
  algorithms: readonly NamedAlgorithm[];
  /** What may be learnt from. */
  interactions: Interactions;
  /** Questions on which proposals are compared. */
  validation: readonly RankingCase[];
  catalogue: ReadonlyMap<string, Item>;
  budgetMs: number;
  seed: number;
  device: Device;
  /** Aborted when the best so far is wanted now. */
  signal: AbortSignal;
  checkpoints: Checkpoints;
  /** Milliseconds. */
  clock(): number;
  /** The most that the process held since it was last asked. */
  readPeakMemoryMB(): number;
  onProgress(step: string, share?: number): void;
}

export interface NamedAlgorithm {
  name: string;
  /** Its share of the time, relative to those that come after it: what one leaves over goes to the next. */
  share: number;
  train: Algorithm;
}

export interface TrainedCandidate {
  model: RetrievalModel;
  file: Uint8Array;
  /** NDCG@10 on the validation split. */
  validation: number;
  /** Until the last of its proposals was made, measuring them not counted. */
  trainSeconds: number;
  /** The most that the process held at one of its proposals. */
  peakMemoryMB: number;
}

export interface SearchResult {
  vocabulary: Vocabulary;
  candidates: TrainedCandidate[];
  /** The best on validation; undefined where nothing could be trained. */
  selected: TrainedCandidate | undefined;
}

/** Questions that proposals are compared on, at most: more would cost more than they tell. */
const QUESTIONS_MAX = 4_000;
/** Items of the vocabulary at most: the rarest are left out. Beyond it neither tables nor a matrix inverse fit. */
const ITEMS_MAX = 25_000;

export async function searchAlgorithms(input: SearchInput): Promise<SearchResult> {
  const { interactions, catalogue, signal, clock } = input;
  const deadline = clock() + input.budgetMs;
  const vocabulary = chooseVocabulary(interactions, ITEMS_MAX, catalogue.keys());
  const stride = Math.max(1, input.validation.length / QUESTIONS_MAX);
  const validation = input.validation.filter((_, question) => question % stride < 1);
  const candidates: TrainedCandidate[] = [];
  const turns = vocabulary.itemIds.length > 0 ? input.algorithms : [];
  for (const [turn, { name, share, train }] of turns.entries()) {
    if (signal.aborted && candidates.length > 0) break;
    const shares = turns.slice(turn).reduce((sum, algorithm) => sum + algorithm.share, 0);
    const endsAt = clock() + ((deadline - clock()) * share) / shares;
    const earlier = candidates.map(({ model }) => model);
    const candidate = await keepBest(train, { interactions, vocabulary, catalogue, validation, earlier }, input, {
      seed: input.seed,
      device: input.device,
      timeLeft: () => endsAt - clock(),
      signal,
      checkpoints: input.checkpoints,
      onProgress: (step, done) => input.onProgress(`${name}: ${step}`, done),
    });
    if (candidate !== undefined) candidates.push(candidate);
  }
  const selected = candidates.reduce<TrainedCandidate | undefined>(
    (best, candidate) => (best === undefined || candidate.validation > best.validation ? candidate : best),
    undefined,
  );
  return { vocabulary, candidates, selected };
}

/** The best proposal on validation of those that the edge can hold; undefined where none was made. */
async function keepBest(
  train: Algorithm,
  data: TrainingData,
  { clock, readPeakMemoryMB }: SearchInput,
  context: TrainingContext,
): Promise<TrainedCandidate | undefined> {
  const startedAt = clock();
  let measuringMs = 0;
  readPeakMemoryMB();
  let peakMemoryMB = 0;
  let kept: Omit<TrainedCandidate, 'trainSeconds' | 'peakMemoryMB'> | undefined;
  const proposals = train(data, context);
  let next = await proposals.next();
  while (!next.done) {
    const model = next.value;
    peakMemoryMB = Math.max(peakMemoryMB, readPeakMemoryMB());
    const measuredFrom = clock();
    const { bytes: file } = encodeRetrieval(model);
    const ndcg = await measure(file, model.itemIds, data.validation);
    measuringMs += clock() - measuredFrom;
    if (file.length <= MODEL_BYTES_MAX && !(kept !== undefined && ndcg <= kept.validation))
      kept = { model, file, validation: ndcg };
    next = await proposals.next(ndcg);
  }
  const trainSeconds = (clock() - startedAt - measuringMs) / 1000;
  return kept && { ...kept, trainSeconds, peakMemoryMB };
}

async function measure(
  file: Uint8Array,
  itemIds: readonly string[],
  questions: readonly RankingCase[],
): Promise<number> {
  const scorer = await openScorer(file, itemIds);
  try {
    return rankingMetrics(await rankTargets(scorer, questions))['ndcg@10'];
  } finally {
    await scorer.release();
  }
}
