// Metrics of a ranking: those of each player, from the ranks of the targets alone (0 is the best, ascending, Infinity
// is not ranked), and their means.

import type { Ranking } from './ranking.ts';

type Metric = (ranks: Float64Array) => number;

/** Järvelin & Kekäläinen 2002: 1 / log2(rank + 2) for each target above the cut, relative to the best possible list. */
const ndcgAt =
  (cut: number): Metric =>
  (ranks) => {
    let gain = 0;
    let ideal = 0;
    for (let n = 0; n < Math.min(cut, ranks.length); n++) {
      ideal += 1 / Math.log2(n + 2);
      if (ranks[n]! < cut) gain += 1 / Math.log2(ranks[n]! + 2);
    }
    return ideal === 0 ? 0 : gain / ideal;
  };

const countAbove = (ranks: Float64Array, cut: number) =>
  ranks.reduce((hits, rank) => (rank < cut ? hits + 1 : hits), 0);

/** Share of the targets above the cut; with more targets than the cut, share of the cut, so that 1 can be reached. */
const recallAt =
  (cut: number): Metric =>
  (ranks) =>
    ranks.length === 0 ? 0 : countAbove(ranks, cut) / Math.min(cut, ranks.length);

/** Each 0–1. */
export const USER_METRICS = {
  'hitRate@10': (ranks) => (countAbove(ranks, 10) > 0 ? 1 : 0),
  'ndcg@10': ndcgAt(10),
  'recall@20': recallAt(20),
  'ndcg@100': ndcgAt(100),
  /** Reciprocal rank of the best target, over the whole catalogue. */
  mrr: (ranks) => (ranks.length === 0 ? 0 : 1 / (ranks[0]! + 1)),
} satisfies Record<string, Metric>;
export type UserMetric = keyof typeof USER_METRICS;

export const USER_METRIC_NAMES = Object.keys(USER_METRICS) as UserMetric[];

const forEachMetric = <T>(value: (name: UserMetric) => T) =>
  Object.fromEntries(USER_METRIC_NAMES.map((name) => [name, value(name)])) as Record<UserMetric, T>;

/** Each metric of each player, in the order of the cases. */
export const measureUsers = ({ ranks }: Pick<Ranking, 'ranks'>): Record<UserMetric, Float64Array> =>
  forEachMetric((name) => Float64Array.from(ranks, USER_METRICS[name]));

/** Computes each metric's mean over the players; 0 if there are none. */
export function computeRankingMetrics(ranking: Pick<Ranking, 'ranks'>): Record<UserMetric, number> {
  const ofUsers = measureUsers(ranking);
  return forEachMetric((name) => computeMean(ofUsers[name]));
}

/** 0 if there are no values. */
export const computeMean = (values: Float64Array): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
