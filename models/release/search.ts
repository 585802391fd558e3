// Trains algorithms one after another within a budget and keeps the model of each that ranks the validation split best.
// It never sees the test split, and publishes nothing.

import {
  type Algorithm,
  buildVocabulary,
  type Checkpoints,
  type TrainingContext,
  type TrainingData,
  type Vocabulary,
} from '../algorithms/algorithm.ts';
import type { Item } from '../contracts/item.ts';
import { countInteractions, type Interactions } from '../data/interactions.ts';
import type { CountsByAlgorithm } from '../data/pair-counts.ts';
import type { EvaluationCase } from '../evaluation/cases.ts';
import type { Device } from '../onnx/session.ts';
import type { DataSize } from './budget.ts';
import { keepBest, type TrainedCandidate } from './keep-best.ts';

export interface SearchInput {
  /** Trained in this order. */
  algorithms: readonly NamedAlgorithm[];
  /** The interactions to train on. */
  interactions: Interactions;
  /** The cases that models are compared on. */
  validation: readonly EvaluationCase[];
  catalogue: ReadonlyMap<string, Item>;
  /** Pairs counted elsewhere; an algorithm without them counts its own. */
  counts?: CountsByAlgorithm | undefined;
  budgetMs: number;
  seed: number;
  device: Device;
  /** Aborted to return the best models so far. */
  signal: AbortSignal;
  checkpoints: Checkpoints;
  /** Milliseconds. */
  clock(): number;
  /** Peak memory of the process since the last call. */
  readPeakMemoryMB(): number;
  /** `share`: completed share of the step, 0–1. */
  onProgress(step: string, share?: number): void;
}

export interface NamedAlgorithm {
  name: string;
  /** Its share of the time, relative to those of the algorithms after it, which get the time it leaves unused. */
  share: number;
  train: Algorithm;
  /** Estimated milliseconds below which it is left out: its model would not be worth its time. None by default. */
  estimateLeastMs?(size: DataSize, device: Device): number;
}

export interface SearchResult {
  vocabulary: Vocabulary;
  candidates: TrainedCandidate[];
  /** The best on validation; undefined if nothing could be trained. */
  selected: TrainedCandidate | undefined;
  /** Algorithms without a candidate, or that failed after it; `reason` continues a sentence. */
  missing: { algorithm: string; reason: string }[];
}

/** Maximum number of cases that models are compared on: more would cost more time than they are worth. */
const CASES_MAX = 4_000;
/** Maximum number of items in the vocabulary, the rarest left out. */
const ITEMS_MAX = 100_000;
/** Everything is measured against it: it is kept even if it ranks no target. */
const BASELINE = 'popularity';

/** An algorithm that fails is reported and the others go on; on CUDA, which was requested explicitly, it throws. */
export async function searchAlgorithms(input: SearchInput): Promise<SearchResult> {
  const { interactions, catalogue, signal, clock } = input;
  const deadline = clock() + input.budgetMs;
  const vocabulary = buildVocabulary(interactions, ITEMS_MAX, catalogue.keys());
  const validation = thinOut(input.validation);
  const candidates: TrainedCandidate[] = [];
  const size = { interactions: countInteractions(interactions), items: vocabulary.itemIds.length };
  const { algorithms, missing } = leaveOutSlow(vocabulary.itemIds.length > 0 ? input.algorithms : [], size, input);
  for (const [turn, algorithm] of algorithms.entries()) {
    if (signal.aborted && candidates.length > 0) {
      missing.push({ algorithm: algorithm.name, reason: 'the training was ended before its turn' });
      continue;
    }
    const shares = algorithms.slice(turn).reduce((sum, { share }) => sum + share, 0);
    const endsAt = clock() + ((deadline - clock()) * algorithm.share) / shares;
    const baseModels = candidates.map(({ model }) => model);
    const data = { interactions, vocabulary, catalogue, validation, baseModels, counts: input.counts };
    const { candidate, shortfall } = await trainAlgorithm(algorithm, data, endsAt, input);
    if (candidate !== undefined) candidates.push(candidate);
    if (shortfall !== undefined) missing.push({ algorithm: algorithm.name, reason: shortfall });
  }
  return { vocabulary, candidates, selected: selectBest(candidates), missing };
}

/** Leaves out algorithms whose share of the time is too short for the data; the others get it. */
function leaveOutSlow(
  algorithms: readonly NamedAlgorithm[],
  size: DataSize,
  { budgetMs, device }: Pick<SearchInput, 'budgetMs' | 'device'>,
): { algorithms: NamedAlgorithm[]; missing: SearchResult['missing'] } {
  const shares = algorithms.reduce((sum, { share }) => sum + share, 0);
  const missing: SearchResult['missing'] = [];
  const kept = algorithms.filter(({ name, share, estimateLeastMs }) => {
    const leastMs = estimateLeastMs?.(size, device) ?? 0;
    const ownMs = (budgetMs * share) / shares;
    if (leastMs <= ownMs) return true;
    const [needed, given] = [Math.ceil(leastMs / 1000), Math.floor(ownMs / 1000)];
    missing.push({ algorithm: name, reason: `it needs some ${needed} s for this data, and would have had ${given} s` });
    return false;
  });
  return { algorithms: kept, missing };
}

function thinOut(cases: readonly EvaluationCase[]): EvaluationCase[] {
  const stride = Math.max(1, cases.length / CASES_MAX);
  return cases.filter((_, n) => n % stride < 1);
}

/**
 * Returns the algorithm's best model; the shortfall says why there is none, or that training failed after that model.
 */
async function trainAlgorithm(
  { name, train }: NamedAlgorithm,
  data: TrainingData,
  endsAt: number,
  { seed, device, signal, checkpoints, clock, readPeakMemoryMB, onProgress }: SearchInput,
): Promise<{ candidate?: TrainedCandidate | undefined; shortfall?: string }> {
  const kept = keepBest({ cases: data.validation, keepZero: name === BASELINE, clock, readPeakMemoryMB });
  const context: TrainingContext = {
    validate: kept.validate,
    seed,
    device,
    timeLeft: () => endsAt - clock(),
    signal,
    checkpoints,
    onProgress: (step, share) => onProgress(`${name}: ${step}`, share),
    explain: kept.explain,
  };
  try {
    await train(data, context);
  } catch (error) {
    if (device === 'cuda') throw error;
    const { message } = error as Error;
    const candidate = kept.candidate();
    if (candidate === undefined) return { shortfall: `it failed: ${message}` };
    return { candidate, shortfall: `it failed after its best model: ${message}` };
  }
  const candidate = kept.candidate();
  return candidate === undefined ? { shortfall: kept.shortfall() } : { candidate };
}

/** The best on validation, the first of equal ones; undefined without candidates. */
const selectBest = (candidates: readonly TrainedCandidate[]): TrainedCandidate | undefined =>
  candidates.reduce<TrainedCandidate | undefined>(
    (best, candidate) => (best === undefined || candidate.validation > best.validation ? candidate : best),
    undefined,
  );
