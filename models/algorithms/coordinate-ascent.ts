// Weights of a linear ranking that make NDCG@10 itself as high as they can: coordinate ascent, as Metzler & Croft 2007
// advise for few features ("Linear feature-based models for information retrieval"). A likelihood would spend its weights on
// the tail of the ranking, which nobody sees.

import { computeMean } from '../evaluation/metrics.ts';
import { estimateDifference } from '../evaluation/significance.ts';

export interface RankedCase {
  /** Of each feature, [items] and what they are multiplied by: features that differ in nothing else share their values. */
  features: readonly { values: Float32Array; scale: number }[];
  /** Places that are not ranked. */
  seen: readonly number[];
  target: number;
}

const CUT = 10;
/** Changes of a weight that are tried, the large ones first. */
const STEPS = [1.6, 0.8, 0.4, 0.2, 0.1, 0.05];
const ROUNDS = 3;
/** A change must gain more than this many standard errors, question by question: less is as likely chance. */
const STANDARD_ERRORS_MIN = 1;

/**
 * The weights of the features, 0 for those that add nothing. Begins with the best feature alone and goes on while that gains
 * and `isOver` does not say otherwise.
 */
export function fitByCoordinateAscent(questions: readonly RankedCase[], isOver: () => boolean): Float32Array {
  const features = questions[0]?.features.length ?? 0;
  const weights = new Float32Array(features);
  const logits = questions.map(({ features: [first], seen }) => {
    const row = new Float32Array(first!.values.length);
    for (const place of seen) row[place] = Number.NEGATIVE_INFINITY;
    return row;
  });
  const measure = (feature: number, change: number) =>
    Float64Array.from(questions, (question, q) => gainOf(question, logits[q]!, feature, change));
  const change = (feature: number, by: number) => {
    weights[feature]! += by;
    for (const [q, question] of questions.entries()) {
      const row = logits[q]!;
      const { values, scale } = question.features[feature]!;
      for (let item = 0; item < row.length; item++) row[item]! += by * scale * values[item]!;
    }
  };

  const alone = Array.from({ length: features }, (_, feature) => computeMean(measure(feature, 1)));
  const byWorth = Array.from(alone.keys()).sort((a, b) => alone[b]! - alone[a]!);
  if (features === 0) return weights;
  let best = measure(byWorth[0]!, 1);
  change(byWorth[0]!, 1);
  for (let round = 0; round < ROUNDS; round++) {
    const before = best;
    for (const feature of byWorth)
      for (const step of STEPS)
        for (const by of [step, -step]) {
          if (isOver()) return weights;
          const gains = measure(feature, by);
          const { mean, standardError } = estimateDifference(gains, best);
          if (!(mean > STANDARD_ERRORS_MIN * standardError)) continue;
          change(feature, by);
          best = gains;
        }
    if (best === before) break;
  }
  return weights;
}

/** NDCG@10 of one question if the weight of a feature were changed; ties count against, and so does what is no number. */
function gainOf({ features, target }: RankedCase, logits: Float32Array, feature: number, change: number): number {
  const { values, scale } = features[feature]!;
  const by = change * scale;
  const own = logits[target]! + by * values[target]!;
  let rank = -1; // The target is not ahead of itself.
  for (let item = 0; item < logits.length; item++)
    if (!(logits[item]! + by * values[item]! < own) && ++rank === CUT) return 0;
  return 1 / Math.log2(rank + 2);
}
