// Trains algorithms one after another within a budget and keeps of each the proposal that ranks the validation split
// best. It never sees the test split, and publishes nothing.

import {
  type Algorithm,
  buildVocabulary,
  type Checkpoints,
  encodeRetrievalModel,
  type RetrievalModel,
  type TrainingContext,
  type TrainingData,
  type Vocabulary,
} from '../algorithms/algorithm.ts';
import type { Item } from '../contracts/item.ts';
import { MODEL_BYTES_MAX } from '../contracts/release.ts';
import type { Interactions } from '../data/interactions.ts';
import type { EvaluationCase } from '../evaluation/cases.ts';
import { computeRankingMetrics } from '../evaluation/metrics.ts';
import { rankTargets } from '../evaluation/ranking.ts';
import type { Scorer } from '../onnx/scorer.ts';
import { type Device, openScorer } from '../onnx/session.ts';

export interface SearchInput {
  /** Trained in this order. */
  algorithms: readonly NamedAlgorithm[];
  /** What may be learnt from. */
  interactions: Interactions;
  /** Questions on which proposals are compared. */
  validation: readonly EvaluationCase[];
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
  /** What is not among the candidates, or stopped before it was done; the reason says which. */
  missing: { algorithm: string; reason: string }[];
}

/** Questions that proposals are compared on, at most: more would cost more than they tell. */
const QUESTIONS_MAX = 4_000;
/** Items of the vocabulary at most: the rarest are left out. Beyond it neither tables nor a matrix inverse fit. */
const ITEMS_MAX = 25_000;
/** What all are measured by: it is kept even where it answers no question. */
const BAR = 'popularity';

/** An algorithm that fails is reported and the others go on, but on CUDA, which was asked for, it throws. */
export async function searchAlgorithms(input: SearchInput): Promise<SearchResult> {
  const { interactions, catalogue, signal, clock } = input;
  const deadline = clock() + input.budgetMs;
  const vocabulary = buildVocabulary(interactions, ITEMS_MAX, catalogue.keys());
  const stride = Math.max(1, input.validation.length / QUESTIONS_MAX);
  const validation = input.validation.filter((_, question) => question % stride < 1);
  const candidates: TrainedCandidate[] = [];
  const missing: SearchResult['missing'] = [];
  const turns = vocabulary.itemIds.length > 0 ? input.algorithms : [];
  for (const [turn, { name, share, train }] of turns.entries()) {
    if (signal.aborted && candidates.length > 0) {
      missing.push({ algorithm: name, reason: 'the training was ended before its turn' });
      continue;
    }
    const shares = turns.slice(turn).reduce((sum, algorithm) => sum + algorithm.share, 0);
    const endsAt = clock() + ((deadline - clock()) * share) / shares;
    const baseModels = candidates.map(({ model }) => model);
    const data = { interactions, vocabulary, catalogue, validation, baseModels };
    const { candidate, shortfall } = await keepBest({ name, train }, data, input, {
      seed: input.seed,
      device: input.device,
      timeLeft: () => endsAt - clock(),
      signal,
      checkpoints: input.checkpoints,
      onProgress: (step, done) => input.onProgress(`${name}: ${step}`, done),
    });
    if (candidate !== undefined) candidates.push(candidate);
    if (shortfall !== undefined) missing.push({ algorithm: name, reason: shortfall });
  }
  const selected = candidates.reduce<TrainedCandidate | undefined>(
    (best, candidate) => (best === undefined || candidate.validation > best.validation ? candidate : best),
    undefined,
  );
  return { vocabulary, candidates, selected, missing };
}

/** The best proposal on validation of those that the edge can hold, and why there is none or no better one. */
async function keepBest(
  { name, train }: Pick<NamedAlgorithm, 'name' | 'train'>,
  data: TrainingData,
  { clock, readPeakMemoryMB }: SearchInput,
  context: TrainingContext,
): Promise<{ candidate?: TrainedCandidate; shortfall?: string }> {
  const startedAt = clock();
  let measuringMs = 0;
  readPeakMemoryMB();
  let peakMemoryMB = 0;
  let kept: Omit<TrainedCandidate, 'trainSeconds' | 'peakMemoryMB'> | undefined;
  let refused = 'it proposed nothing: too little time, or too little to learn from';
  let failure: string | undefined;
  try {
    await eachProposal(train(data, context), async (model) => {
      peakMemoryMB = Math.max(peakMemoryMB, readPeakMemoryMB());
      const measuredFrom = clock();
      const { bytes: file } = encodeRetrievalModel(model);
      const ndcg = await measure(file, model.itemIds, data.validation);
      measuringMs += clock() - measuredFrom;
      if (file.length > MODEL_BYTES_MAX) refused = describeSize(file);
      else if (ndcg > 0 || name === BAR) {
        if (!(kept !== undefined && ndcg <= kept.validation)) kept = { model, file, validation: ndcg };
      } else refused = 'it ranked nothing of the validation split among the first ten, or has diverged';
      return ndcg;
    });
  } catch (error) {
    if (context.device === 'cuda') throw error;
    failure = (error as Error).message;
  }
  if (kept === undefined) return { shortfall: failure === undefined ? refused : `it failed: ${failure}` };
  const trainSeconds = (clock() - startedAt - measuringMs) / 1000;
  const candidate = { ...kept, trainSeconds, peakMemoryMB };
  return failure === undefined ? { candidate } : { candidate, shortfall: `it failed after what is kept: ${failure}` };
}

/** Tells the algorithm of each proposal what `judge` says. What it holds is released, whoever fails. */
async function eachProposal(
  proposals: ReturnType<Algorithm>,
  judge: (model: RetrievalModel) => Promise<number>,
): Promise<void> {
  try {
    let next = await proposals.next();
    while (!next.done) next = await proposals.next(await judge(next.value));
  } finally {
    await proposals.return();
  }
}

const describeSize = ({ length }: Uint8Array): string =>
  `its file of ${(length / 1e6).toFixed(1)} MB is larger than the ${MODEL_BYTES_MAX / 1e6} MB that the edge can hold`;

/** NDCG@10; 0 where a score is no number: the model has diverged. */
async function measure(
  file: Uint8Array,
  itemIds: readonly string[],
  questions: readonly EvaluationCase[],
): Promise<number> {
  const scorer = await openScorer(file, itemIds);
  let diverged = false;
  const watched: Scorer = {
    itemIds,
    async score(histories) {
      const scores = await scorer.score(histories);
      diverged ||= scores.includes(Number.NaN);
      return scores;
    },
  };
  try {
    const ndcg = computeRankingMetrics(await rankTargets(watched, questions))['ndcg@10'];
    return diverged ? 0 : ndcg;
  } finally {
    await scorer.release();
  }
}
