// Measures an order of shown rows by what players did in them: NDCG of what was looked at, and, from rows in an order
// drawn by lot, the clicks that another order would have got.

import type { RankingPart } from '../../contracts/release.ts';
import { compareSnips, estimateSnips, weighShuffledRow } from '../../evaluation/counterfactual.ts';
import { ACTION_VALUES, ACTIONS, FEATURES, valueActions } from '../../features/ranking.ts';
import type { Examples } from './examples.ts';
import type { Impression, ShownRow } from './impressions.ts';

/** Scores of a row's entries, as the edge would give them: no position. */
export type ScoreRow = (entries: readonly Impression[]) => number[];

const PRIOR = FEATURES.findIndex(({ name }) => name === 'prior');
const CLICK = ACTIONS.indexOf('click');
const SHUFFLED_ROWS_MIN = 100;

/** What ranks where no ranking model does, as it was logged. */
export const scoreByPrior: ScoreRow = (entries) => entries.map(({ features }) => features[PRIOR]!);

/** `probabilities`: [all entries of the rows, ACTIONS]. */
export function scoreByModel(rows: readonly ShownRow[], probabilities: Float32Array): ScoreRow {
  const values = valueActions(probabilities);
  const places = new Map<Impression, number>();
  for (const { entries } of rows) for (const entry of entries) places.set(entry, places.size);
  return (entries) => entries.map((entry) => values[places.get(entry)!]!);
}

/**
 * NDCG of each row in which a player did something good with one of several entries looked at; the gain is what the
 * actions are worth. Equal scores keep the order that was shown.
 */
export function measureNdcg(rows: readonly ShownRow[], score: ScoreRow): Float64Array {
  const measured: number[] = [];
  for (const { entries } of rows) {
    const examined = entries.filter((entry) => entry.examined);
    const gains = examined.map(gainOf);
    const ideal = discounted(gains.toSorted((a, b) => b - a));
    if (examined.length < 2 || ideal === 0) continue;
    measured.push(discounted(orderOf(score(examined)).map((place) => gains[place]!)) / ideal);
  }
  return Float64Array.from(measured);
}

const gainOf = ({ outcomes }: Impression): number =>
  Math.max(
    0,
    ACTIONS.reduce((sum, action, at) => sum + (outcomes[at] ? ACTION_VALUES[action] : 0), 0),
  );
const discounted = (gains: readonly number[]): number =>
  gains.reduce((sum, gain, place) => sum + gain / Math.log2(place + 2), 0);
/** Places, best first. */
const orderOf = (scores: readonly number[]): number[] =>
  Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);

/** Clicks per row; null where too few rows were shuffled. */
export function measureSnips(rows: readonly ShownRow[], score: ScoreRow): RankingPart['metrics']['snips'] {
  const shuffled = rows.filter((row) => row.shuffled);
  if (shuffled.length < SHUFFLED_ROWS_MIN) return null;
  const weigh = (by: ScoreRow) =>
    shuffled.map(({ entries }) =>
      weighShuffledRow(
        entries.map(({ outcomes }) => Number(outcomes[CLICK])),
        orderOf(by(entries)),
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
