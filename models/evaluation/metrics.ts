// Ranking metrics from ranks (0 the best, Infinity not ranked), one per held-out player.

import type { RankingMetrics } from '../contracts/release.ts';

const CUT = 10;

/** NDCG@10 with a single relevant item: 1 / log2(rank + 2), or 0 from the eleventh rank on. */
export const ndcgAt10 = (rank: number): number => (rank < CUT ? 1 / Math.log2(rank + 2) : 0);

export function rankingMetrics(ranks: Float64Array): RankingMetrics {
  const users = ranks.length;
  const mean = (gain: (rank: number) => number) =>
    users === 0 ? 0 : ranks.reduce((sum, rank) => sum + gain(rank), 0) / users;
  return { users, 'hitRate@10': mean((rank) => (rank < CUT ? 1 : 0)), 'ndcg@10': mean(ndcgAt10) };
}

/** The mean difference a − b in NDCG@10 over the same players, and its standard error. */
export function compareRanks(a: Float64Array, b: Float64Array): { mean: number; standardError: number } {
  const differences = Array.from(a, (rank, user) => ndcgAt10(rank) - ndcgAt10(b[user]!));
  const mean = differences.reduce((sum, difference) => sum + difference, 0) / differences.length;
  const squares = differences.reduce((sum, difference) => sum + (difference - mean) ** 2, 0);
  return { mean, standardError: Math.sqrt(squares / Math.max(1, differences.length - 1) / differences.length) };
}
