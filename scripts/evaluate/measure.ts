// Measures a trained candidate on the test split, through the file that would be published.

import { HISTORY_LENGTH } from '../../models/contracts/release.ts';
import type { Interactions } from '../../models/data/interactions.ts';
import { createRandom } from '../../models/data/random.ts';
import type { EvaluationCase } from '../../models/evaluation/cases.ts';
import { computeListMetrics, type ListMetrics } from '../../models/evaluation/list-metrics.ts';
import {
  computeRankingMetrics,
  measureUsers,
  USER_METRIC_NAMES,
  type UserMetric,
} from '../../models/evaluation/metrics.ts';
import { rankTargets } from '../../models/evaluation/ranking.ts';
import { bootstrapMeans, type Interval } from '../../models/evaluation/significance.ts';
import { encodeHistories } from '../../models/features/history.ts';
import type { Scorer } from '../../models/onnx/scorer.ts';
import { openScorer } from '../../models/onnx/session.ts';
import type { TrainedCandidate } from '../../models/release/keep-best.ts';

/** The result as the JSON has it. */
export interface EvaluationResult {
  algorithm: string;
  parameters: TrainedCandidate['model']['parameters'];
  trainSeconds: number;
  peakMemoryMB: number;
  fileMB: number;
  metrics: Record<UserMetric, number> & ListMetrics;
  /** 95% intervals of the means over players. */
  ci95: Record<UserMetric, Interval>;
  /** Median time to score one history, milliseconds. */
  forwardMs: number;
}

export interface Measured {
  result: EvaluationResult;
  /** NDCG@10 of each player, for paired tests. */
  ndcgAt10: Float64Array;
  curve: TrainedCandidate['curve'];
  /** [players, LIST_LENGTH] indices of items, best first, −1 after the last; `itemIds` by index. */
  lists: Int32Array;
  itemIds: readonly string[];
}

export interface TestSplit {
  test: Iterable<EvaluationCase>;
  training: Interactions;
  catalogueSize: number;
  seed: number;
}

export async function measureCandidate(candidate: TrainedCandidate, split: TestSplit): Promise<Measured> {
  const scorer = await openScorer(candidate.file, candidate.model.itemIds);
  return measureScorer(scorer, candidate, split).finally(() => scorer.release());
}

export async function measureScorer(
  scorer: Scorer,
  { model, file, curve, trainSeconds, peakMemoryMB }: TrainedCandidate,
  { test, training, catalogueSize, seed }: TestSplit,
): Promise<Measured> {
  const { algorithm, parameters, itemIds } = model;
  const ranking = await rankTargets(scorer, test);
  const ofUsers = measureUsers(ranking);
  const columns = USER_METRIC_NAMES.map((name) => ofUsers[name]);
  // The stream has the same name for every algorithm, so that all are resampled with the same players.
  const intervals = bootstrapMeans(columns, createRandom(seed, 'bootstrap'));
  const ci95 = Object.fromEntries(USER_METRIC_NAMES.map((name, n) => [name, intervals[n]!]));
  return {
    result: {
      algorithm,
      parameters,
      trainSeconds,
      peakMemoryMB,
      fileMB: file.length / 1e6,
      metrics: {
        ...computeRankingMetrics(ranking),
        ...computeListMetrics({ lists: ranking.lists, itemIds, training, catalogueSize }),
      },
      ci95: ci95 as EvaluationResult['ci95'],
      forwardMs: await timeForwardPass(scorer),
    },
    ndcgAt10: ofUsers['ndcg@10'],
    curve,
    lists: ranking.lists,
    itemIds,
  };
}

/** Passes before those that are timed, and those. */
const WARM_PASSES = 5;
const TIMED_PASSES = 31;

/** Median over passes with a full history, as a page needs one. */
async function timeForwardPass(scorer: Scorer): Promise<number> {
  const { itemIds } = scorer;
  const history = itemIds.slice(0, HISTORY_LENGTH).map((itemId, age) => ({ itemId, weight: 1, ageDays: age }));
  const encoded = encodeHistories([history], new Map(itemIds.map((itemId, index) => [itemId, index])));
  const times: number[] = [];
  for (let pass = 0; pass < WARM_PASSES + TIMED_PASSES; pass++) {
    const startedAt = performance.now();
    await scorer.score(encoded);
    if (pass >= WARM_PASSES) times.push(performance.now() - startedAt);
  }
  return times.sort((a, b) => a - b)[TIMED_PASSES >> 1]!;
}
