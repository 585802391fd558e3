// Measures a trained candidate on the test split, through the file that would be published.

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
}

export interface Measured {
  result: EvaluationResult;
  /** NDCG@10 of each player, for paired tests. */
  ndcgAt10: Float64Array;
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
  { model, file, trainSeconds, peakMemoryMB }: TrainedCandidate,
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
    },
    ndcgAt10: ofUsers['ndcg@10'],
  };
}
