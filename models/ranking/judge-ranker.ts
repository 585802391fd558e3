// Decides by its metrics whether a ranking model is published. Measures nothing itself.

import type { RankingPart } from '../contracts/release.ts';

export interface Verdict {
  publish: boolean;
  /** For people, with the figures that decided. */
  reason: string;
}

/**
 * Publishes a model whose NDCG is above the prior's and not below that of the model in use by more than noise, and, if
 * shuffled rows allow an estimate, whose clicks are not below the prior's by more than noise.
 */
export function judgeRanker({ ndcg, priorNdcg, overCurrent, snips }: RankingPart['metrics']): Verdict {
  const figures = `NDCG on later impressions ${ndcg.toFixed(4)}, the prior ${priorNdcg.toFixed(4)}`;
  if (ndcg <= priorNdcg) return { publish: false, reason: `${figures}: no better than the prior` };
  if (overCurrent !== null && overCurrent.value + overCurrent.margin < 0) {
    const loss = `${(-overCurrent.value).toFixed(4)} ± ${overCurrent.margin.toFixed(4)}`;
    return { publish: false, reason: `${figures}: worse than the ranking model in use by ${loss}` };
  }
  if (snips === null) return { publish: true, reason: `${figures}; too few shuffled rows to estimate clicks` };
  const { ranker, prior, difference } = snips;
  const interval = `${difference.value.toFixed(3)} ± ${difference.margin.toFixed(3)}`;
  const clicks = `clicks per row by SNIPS ${ranker.value.toFixed(3)}, the prior ${prior.value.toFixed(3)}`;
  const reason = `${figures}; ${clicks} (difference ${interval})`;
  return difference.value + difference.margin < 0
    ? { publish: false, reason: `${reason}: fewer clicks than the prior` }
    : { publish: true, reason };
}
