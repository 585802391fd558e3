// How well a ranking finds what players chose: metrics of each player, from the ranks of the targets alone (0 the best,
// ascending, Infinity not ranked), and their means.

import type { Ranking } from './ranking.ts';

type Metric = (ranks: Float64Array) => number;

/** Järvelin & Kekäläinen 2002: 1 / log2(rank + 2) for each target above the cut, relative to the best possible list. */
const ndcgAt =
  (cut: number): Metric =>
  (ranks) => {
    let gain = 0;
    let ideal = 0;
    for (let place = 0; place < Math.min(cut, ranks.length); place++) {
      ideal += 1 / Math.log2(place + 2);
      if (ranks[place]! < cut) gain += 1 / Math.log2(ranks[place]! + 2);
    }
    return ideal === 0 ? 0 : gain / ideal;
  };

const countAbove = (ranks: Float64Array, cut: number) =>
  ranks.reduce((hits, rank) => (rank < cut ? hits + 1 : hits), 0);

/** Share of the targets that are above the cut, or of the cut where there are more: 1 can be reached. */
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
  /** Of the first target, over the whole catalogue. */
  mrr: (ranks) => (ranks.length === 0 ? 0 : 1 / (ranks[0]! + 1)),
} satisfies Record<string, Metric>;
export type UserMetric = keyof typeof USER_METRICS;

export const USER_METRIC_NAMES = Object.keys(USER_METRICS) as UserMetric[];

const forEachMetric = <T>(value: (name: UserMetric) => T) =>
  Object.fromEntries(USER_METRIC_NAMES.map((name) => [name, value(name)])) as Record<UserMetric, T>;

/** Each metric of each player, in the order of the questions. */
export const measureUsers = ({ ranks }: Pick<Ranking, 'ranks'>): Record<UserMetric, Float64Array> =>
  forEachMetric((name) => Float64Array.from(ranks, USER_METRICS[name]));

/** The means over all players; 0 where there are none. */
export function computeRankingMetrics(ranking: Pick<Ranking, 'ranks'>): Record<UserMetric, number> {
  const ofUsers = measureUsers(ranking);
  return forEachMetric((name) => computeMean(ofUsers[name]));
}

export const computeMean = (values: Float64Array): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
