// Validates the models of one algorithm and keeps the best one that fits the edge. Measures training time, excluding
// validation, and peak memory.

import { encodeRetrievalModel, type RetrievalModel } from '../algorithms/algorithm.ts';
import { MODEL_BYTES_MAX } from '../contracts/release.ts';
import type { EvaluationCase } from '../evaluation/cases.ts';
import { computeRankingMetrics } from '../evaluation/metrics.ts';
import { rankTargets } from '../evaluation/ranking.ts';
import type { Scorer } from '../onnx/scorer.ts';
import { openScorer } from '../onnx/session.ts';

export interface TrainedCandidate {
  model: RetrievalModel;
  file: Uint8Array;
  /** NDCG@10 on the validation split. */
  validation: number;
  /** The same of each model validated, in their order, and the training time until then. */
  curve: readonly { seconds: number; ndcgAt10: number }[];
  /** Time of the whole training, validation not counted. */
  trainSeconds: number;
  /** Peak memory of the process up to the algorithm's last model. */
  peakMemoryMB: number;
}

interface KeepBestOptions {
  cases: readonly EvaluationCase[];
  /** Also keeps a model that ranks no target, because the baseline is always measured. */
  keepZero: boolean;
  /** Milliseconds. */
  clock(): number;
  /** Peak memory of the process since the last call. */
  readPeakMemoryMB(): number;
}

/** Starts the clock. */
export function keepBest({ cases, keepZero, clock, readPeakMemoryMB }: KeepBestOptions) {
  const startedAt = clock();
  readPeakMemoryMB();
  let validationMs = 0;
  let peakMemoryMB = 0;
  const curve: { seconds: number; ndcgAt10: number }[] = [];
  let best: Pick<TrainedCandidate, 'model' | 'file' | 'validation'> | undefined;
  let shortfall = 'it validated no model: too little time, or too little data';
  return {
    async validate(model: RetrievalModel): Promise<number> {
      peakMemoryMB = Math.max(peakMemoryMB, readPeakMemoryMB());
      const validationStart = clock();
      const { bytes: file } = encodeRetrievalModel(model);
      const validation = await measureNdcg(file, model.itemIds, cases);
      curve.push({ seconds: (validationStart - startedAt - validationMs) / 1000, ndcgAt10: validation });
      validationMs += clock() - validationStart;
      if (file.length > MODEL_BYTES_MAX) shortfall = describeSize(file);
      else if (!(validation > 0) && !keepZero)
        shortfall = 'it ranked no target of the validation split in the first ten, or has diverged';
      else if (best === undefined || validation > best.validation) best = { model, file, validation };
      return validation;
    },
    /** The best model so far; undefined if none was kept. */
    candidate: (): TrainedCandidate | undefined =>
      best && { ...best, curve, trainSeconds: (clock() - startedAt - validationMs) / 1000, peakMemoryMB },
    explain(reason: string): void {
      shortfall = reason;
    },
    /** The reason for having no candidate: the algorithm's own, or the reason for dropping the last model. */
    shortfall: () => shortfall,
  };
}

const describeSize = ({ length }: Uint8Array): string =>
  `its file of ${(length / 1e6).toFixed(1)} MB is larger than the ${MODEL_BYTES_MAX / 1e6} MB that the edge can hold`;

/** NDCG@10; 0 if a score is NaN: the model has diverged. */
async function measureNdcg(
  file: Uint8Array,
  itemIds: readonly string[],
  cases: readonly EvaluationCase[],
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
    const ndcg = computeRankingMetrics(await rankTargets(watched, cases))['ndcg@10'];
    return diverged ? 0 : ndcg;
  } finally {
    await scorer.release();
  }
}
