// Measures an order of shown items by the players' actions: NDCG over examined impressions and, from shuffled rows, the
// clicks that the order would have received.

import { ACTIONS, DEFAULT_SETTINGS } from '../contracts/algorithm-settings.ts';
import type { RankingPart } from '../contracts/release.ts';
import { computeExpectedUtilities, FEATURES } from '../features/ranking.ts';
import { compareSnips, estimateSnips, weightShuffledRow } from './counterfactual.ts';
import type { Examples } from './examples.ts';
import type { Impression, ShownRow } from './impressions.ts';

/** Scores entries as the edge does, without their positions. */
type ScoreRow = (entries: readonly Impression[]) => number[];

const PRIOR = FEATURES.findIndex(({ name }) => name === 'prior');
const CLICK = ACTIONS.indexOf('click');
/** Minimum for a normal approximation. */
const SHUFFLED_ROWS_MIN = 30;

/** Scores by the logged prior, which ranks if there is no ranking model. */
export const scoreByPrior: ScoreRow = (entries) => entries.map(({ features }) => features[PRIOR]!);

/** `probabilities`: [all entries of the rows, ACTIONS]. */
export function scoreByModel(rows: readonly ShownRow[], probabilities: Float32Array): ScoreRow {
  const utilities = computeExpectedUtilities(probabilities);
  const scores = new Map<Impression, number>();
  for (const { entries } of rows) for (const entry of entries) scores.set(entry, utilities[scores.size]!);
  return (entries) => entries.map((entry) => scores.get(entry)!);
}

/** Negatives per positive impression. */
const OTHERS_MAX = 100;

/**
 * NDCG of each impression with a gain, ranked among the impressions without gain that the same player examined on other
 * pages; ties in any order. Its own page is left out: a player who finds something examines no further, so the positive
 * is the last examined impression on its page, behind all that the order in use prefers, and that order would seem the
 * worst of all.
 */
export function measureNdcg(rows: readonly ShownRow[], score: ScoreRow): Float64Array {
  const measured: number[] = [];
  for (const ofPlayer of Map.groupBy(rows, ({ userId }) => userId).values()) {
    const examined = ofPlayer.flatMap(({ recommendationId, entries }) =>
      entries
        .filter((entry) => entry.examined)
        .map((entry) => ({ recommendationId, entry, positive: computeGain(entry) > 0 })),
    );
    const scores = score(examined.map(({ entry }) => entry));
    for (const [own, { recommendationId, positive }] of examined.entries()) {
      if (!positive) continue;
      let above = 0;
      let equal = 0;
      let others = 0;
      for (const [other, impression] of examined.entries()) {
        if (impression.positive || impression.recommendationId === recommendationId) continue;
        if (others === OTHERS_MAX) break;
        others++;
        if (scores[other]! > scores[own]!) above++;
        else if (scores[other] === scores[own]) equal++;
      }
      if (others > 0) measured.push(meanDiscount(above, equal));
    }
  }
  return Float64Array.from(measured);
}

/** Mean discount of the ranks below `above` others, anywhere among `equal` ones. */
function meanDiscount(above: number, equal: number): number {
  let sum = 0;
  for (let rank = above; rank <= above + equal; rank++) sum += 1 / Math.log2(rank + 2);
  return sum / (equal + 1);
}

const computeGain = ({ outcomes }: Impression): number =>
  ACTIONS.reduce((sum, action, at) => sum + (outcomes[at] ? DEFAULT_SETTINGS.actionUtilities[action] : 0), 0);
/** Indices, best first. */
const rankByScore = (scores: readonly number[]): number[] =>
  Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);

/** Clicks per row; null if too few rows were shuffled. */
export function measureSnips(rows: readonly ShownRow[], score: ScoreRow): RankingPart['metrics']['snips'] {
  // The estimate is over the shuffled positions alone: pins keep their positions under every order.
  const shuffled = rows.filter((row) => row.shuffled).map(({ entries }) => entries.filter((entry) => entry.shuffled));
  if (shuffled.length < SHUFFLED_ROWS_MIN) return null;
  const weigh = (by: ScoreRow) =>
    shuffled.map((entries) =>
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

/** Weighted mean over examples of the summed binary cross-entropies. `probabilities`: [count, ACTIONS]. */
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
