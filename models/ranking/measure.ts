// Measures an order of what was shown by what players did with it: NDCG of what was looked at, and, from rows in an order
// drawn by lot, the clicks that another order would have got.

import type { RankingPart } from '../contracts/release.ts';
import { ACTION_UTILITIES, ACTIONS, computeExpectedUtilities, FEATURES } from '../features/ranking.ts';
import { compareSnips, estimateSnips, weightShuffledRow } from './counterfactual.ts';
import type { Examples } from './examples.ts';
import type { Impression, ShownRow } from './impressions.ts';

/** Scores of entries, as the edge would give them: no position. */
export type ScoreRow = (entries: readonly Impression[]) => number[];

const PRIOR = FEATURES.findIndex(({ name }) => name === 'prior');
const CLICK = ACTIONS.indexOf('click');
/** Fewer than a normal distribution can speak of. */
const SHUFFLED_ROWS_MIN = 30;

/** What ranks where no ranking model does, as it was logged. */
export const scoreByPrior: ScoreRow = (entries) => entries.map(({ features }) => features[PRIOR]!);

/** `probabilities`: [all entries of the rows, ACTIONS]. */
export function scoreByModel(rows: readonly ShownRow[], probabilities: Float32Array): ScoreRow {
  const values = computeExpectedUtilities(probabilities);
  const places = new Map<Impression, number>();
  for (const { entries } of rows) for (const entry of entries) places.set(entry, places.size);
  return (entries) => entries.map((entry) => values[places.get(entry)!]!);
}

/** Of a player's looks that came to nothing: enough to be ranked among. */
const OTHERS_MAX = 100;

/**
 * NDCG of each look that came to something good: where its entry would stand among those that the same player looked at on
 * other pages and left; those of equal score in any order. Not among those of its own page: whoever finds something looks no
 * further, so that there the good one stands last, behind all that the order in use prefers, and that order would seem
 * the worst of all.
 */
export function measureNdcg(rows: readonly ShownRow[], score: ScoreRow): Float64Array {
  const measured: number[] = [];
  for (const ofPlayer of Map.groupBy(rows, ({ userId }) => userId).values()) {
    const looks = ofPlayer.flatMap(({ recommendationId, entries }) =>
      entries
        .filter(({ examined }) => examined)
        .map((entry) => ({ recommendationId, entry, good: computeGain(entry) > 0 })),
    );
    const scores = score(looks.map(({ entry }) => entry));
    for (const [place, { recommendationId, good }] of looks.entries()) {
      if (!good) continue;
      let above = 0;
      let equal = 0;
      let others = 0;
      for (const [other, look] of looks.entries()) {
        if (look.good || look.recommendationId === recommendationId || others === OTHERS_MAX) continue;
        others++;
        if (scores[other]! > scores[place]!) above++;
        else if (scores[other] === scores[place]) equal++;
      }
      if (others > 0) measured.push(meanDiscount(above, equal));
    }
  }
  return Float64Array.from(measured);
}

/** Of a place below `above` others, anywhere among `equal` ones. */
function meanDiscount(above: number, equal: number): number {
  let sum = 0;
  for (let place = above; place <= above + equal; place++) sum += 1 / Math.log2(place + 2);
  return sum / (equal + 1);
}

const computeGain = ({ outcomes }: Impression): number =>
  ACTIONS.reduce((sum, action, at) => sum + (outcomes[at] ? ACTION_UTILITIES[action] : 0), 0);
/** Places, best first. */
const rankByScore = (scores: readonly number[]): number[] =>
  Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);

/** Clicks per row; null where too few rows were shuffled. */
export function measureSnips(rows: readonly ShownRow[], score: ScoreRow): RankingPart['metrics']['snips'] {
  const shuffled = rows.filter((row) => row.shuffled);
  if (shuffled.length < SHUFFLED_ROWS_MIN) return null;
  const weigh = (by: ScoreRow) =>
    shuffled.map(({ entries }) =>
      weightShuffledRow(
        entries.map(({ outcomes }) => Number(outcomes[CLICK])),
        rankByScore(by(entries)),
      ),
    );
  const [own, prior] = [weigh(score), weigh(scoreByPrior)];
  return {
    rows: shuffled.length,
    ranker: estimateSnips(own),
    prior: estimateSnips(prior),
    difference: compareSnips(own, prior),
  };
}

/** Binary cross-entropies of all actions, summed; the weighted mean over the examples. `probabilities`: [count, ACTIONS]. */
export function measureLogLoss({ labels, weights, count }: Examples, probabilities: Float32Array): number {
  let sum = 0;
  for (let cell = 0; cell < count * ACTIONS.length; cell++) {
    const probability = Math.min(1 - PROBABILITY_MIN, Math.max(PROBABILITY_MIN, probabilities[cell]!));
    const example = Math.floor(cell / ACTIONS.length);
    sum -= weights[example]! * Math.log(labels[cell] === 1 ? probability : 1 - probability);
  }
  return sum / Math.max(1, count);
}

const PROBABILITY_MIN = 1e-6;
