// Fits the weights of a linear ranking by coordinate ascent on NDCG@10 itself: Metzler & Croft 2007, "Linear
// feature-based models for information retrieval", advise it for few features. A likelihood would spend the weights on
// the tail of the ranking, which no player sees.

import { computeMean } from '../evaluation/metrics.ts';
import { estimateDifference } from '../evaluation/significance.ts';

export interface RankedCase {
  /** Each feature's values, [items], and their factor: features that differ in the factor alone share the values. */
  features: readonly { values: Float32Array; scale: number }[];
  /** Item indices that are not ranked. */
  seen: readonly number[];
  /** Item index. */
  target: number;
}

const CUT = 10;
/** Weight changes to try, largest first. */
const STEPS = [1.6, 0.8, 0.4, 0.2, 0.1, 0.05];
const ROUNDS = 3;
/** A change must gain more than this many standard errors of the paired difference: less may be noise. */
const STANDARD_ERRORS_MIN = 1;

/**
 * Returns the weight of each feature, 0 for those that add nothing. Starts from the best single feature and continues
 * while NDCG improves and `isOver`, which gets the number of completed rounds, is false.
 */
export function fitByCoordinateAscent(cases: readonly RankedCase[], isOver: (round: number) => boolean): Float32Array {
  const features = cases[0]?.features.length ?? 0;
  const weights = new Float32Array(features);
  if (features === 0) return weights;
  const ranking = createLinearRanking(cases, weights);
  const alone = Array.from({ length: features }, (_, feature) => computeMean(ranking.measureChange(feature, 1)));
  const bestFirst = Array.from(alone.keys()).sort((a, b) => alone[b]! - alone[a]!);
  let best = ranking.measureChange(bestFirst[0]!, 1);
  ranking.change(bestFirst[0]!, 1);
  for (let round = 0; round < ROUNDS; round++) {
    const before = best;
    for (const feature of bestFirst)
      for (const step of STEPS)
        for (const by of [step, -step]) {
          if (isOver(round)) return weights;
          const ndcgs = ranking.measureChange(feature, by);
          const { mean, standardError } = estimateDifference(ndcgs, best);
          if (!(mean > STANDARD_ERRORS_MIN * standardError)) continue;
          ranking.change(feature, by);
          best = ndcgs;
        }
    if (best === before) break;
  }
  return weights;
}

/** Maintains the logits of all cases for `weights`, which it changes in place. */
function createLinearRanking(cases: readonly RankedCase[], weights: Float32Array) {
  const logits = cases.map(({ features: [first], seen }) => {
    const row = new Float32Array(first!.values.length);
    for (const item of seen) row[item] = Number.NEGATIVE_INFINITY;
    return row;
  });
  return {
    /** NDCG@10 of each case if the feature's weight were changed. */
    measureChange: (feature: number, by: number) =>
      Float64Array.from(cases, (one, n) => measureNdcg(one, logits[n]!, feature, by)),
    change(feature: number, by: number): void {
      weights[feature]! += by;
      for (const [n, { features }] of cases.entries()) {
        const row = logits[n]!;
        const { values, scale } = features[feature]!;
        for (let item = 0; item < row.length; item++) row[item]! += by * scale * values[item]!;
      }
    },
  };
}

/** NDCG@10 of one case if the weight of a feature were changed; ties and NaN count against the ranking. */
function measureNdcg({ features, target }: RankedCase, logits: Float32Array, feature: number, change: number): number {
  const { values, scale } = features[feature]!;
  const by = change * scale;
  const own = logits[target]! + by * values[target]!;
  let rank = -1; // The target is not ahead of itself.
  for (let item = 0; item < logits.length; item++)
    if (!(logits[item]! + by * values[item]! < own) && ++rank === CUT) return 0;
  return 1 / Math.log2(rank + 2);
}
