// The lift of a genre or tag: how much likelier than usual the player is to interact with an impression of such an
// item. Affinity covers what was liked; lift also covers what was shown often and passed over.

import type { UserState } from '../contracts/signals.ts';
import type { LabelLists } from './label-lists.ts';

/** Pseudo-impressions at the player's own rate, added to each label's, so that few impressions have little effect. */
const PRIOR_IMPRESSIONS = 4;
/** Pseudo-counts added to the player's own rate. */
const PLAYER_PRIOR = { interactions: 1, impressions: 12 };
/** Cap: an item that is passed over more often does not count more. */
const PASSED_OVER_MAX = 3;

/**
 * Logarithm of each genre's or tag's interaction rate over the player's own, by label; 0 without impressions.
 * `indexes`: those of the user's items, −1 if not visible.
 */
export function computeLabelLifts(
  { history, shown }: Pick<UserState, 'history' | 'shown'>,
  indexes: { history: readonly number[]; shown: readonly number[] },
  { table, cells, starts, tagEnds }: LabelLists,
): Float64Array {
  const all = { ...PLAYER_PRIOR };
  const interactionsOf = new Float64Array(table.length);
  const impressionsOf = new Float64Array(table.length);
  const count = (counts: Float64Array, index: number, times: number) => {
    for (let cell = starts[index]!; cell < tagEnds[index]!; cell++) counts[cells[cell]!]! += times;
  };
  for (let at = 0; at < history.length; at++) {
    const index = indexes.history[at]!;
    if (index < 0) continue;
    all.impressions++;
    count(impressionsOf, index, 1);
    if (history[at]!.weight <= 0) continue;
    all.interactions++;
    count(interactionsOf, index, 1);
  }
  for (let at = 0; at < shown.length; at++) {
    const index = indexes.shown[at]!;
    if (index < 0) continue;
    const times = Math.min(shown[at]!.passedOver, PASSED_OVER_MAX);
    all.impressions += times;
    count(impressionsOf, index, times);
  }

  const rate = all.interactions / all.impressions;
  const lifts = new Float64Array(table.length);
  for (let label = 0; label < lifts.length; label++) {
    const impressions = impressionsOf[label]!;
    if (impressions === 0) continue;
    const smoothed = (interactionsOf[label]! + PRIOR_IMPRESSIONS * rate) / (impressions + PRIOR_IMPRESSIONS);
    lifts[label] = Math.log(smoothed / rate);
  }
  return lifts;
}
