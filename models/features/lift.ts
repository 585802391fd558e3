// The lift of a genre or tag: how much likelier than usual the player is to interact with an impression of such an
// item. Affinity covers what was liked; lift also covers what was shown often and passed over.

import type { Item } from '../contracts/item.ts';
import type { UserState } from '../contracts/signals.ts';

/** Logarithm of each genre's or tag's interaction rate over the player's own; missing without impressions. */
export type Lifts = ReadonlyMap<string, number>;

/** Pseudo-impressions at the player's own rate, added to each label's, so that few impressions have little effect. */
const PRIOR_IMPRESSIONS = 4;
/** Pseudo-counts added to the player's own rate. */
const PLAYER_PRIOR = { interactions: 1, impressions: 12 };
/** Cap: an item that is passed over more often does not count more. */
const PASSED_OVER_MAX = 3;

export function computeLabelLifts(
  { history, shown }: Pick<UserState, 'history' | 'shown'>,
  catalogue: { get(itemId: string): Item | undefined },
): Lifts {
  const all = { ...PLAYER_PRIOR };
  const byLabel = new Map<string, { interactions: number; impressions: number }>();
  const count = (itemId: string, interactions: number, impressions: number) => {
    const item = catalogue.get(itemId);
    if (item === undefined) return;
    all.interactions += interactions;
    all.impressions += impressions;
    for (const labels of [item.genres, item.tags])
      for (const label of labels) {
        const own = byLabel.get(label) ?? { interactions: 0, impressions: 0 };
        own.interactions += interactions;
        own.impressions += impressions;
        byLabel.set(label, own);
      }
  };
  for (const { itemId, weight } of history) count(itemId, Number(weight > 0), 1);
  for (const { itemId, passedOver } of shown) count(itemId, 0, Math.min(passedOver, PASSED_OVER_MAX));

  const rate = all.interactions / all.impressions;
  const lifts = new Map<string, number>();
  for (const [label, { interactions, impressions }] of byLabel)
    lifts.set(label, Math.log((interactions + PRIOR_IMPRESSIONS * rate) / (impressions + PRIOR_IMPRESSIONS) / rate));
  return lifts;
}
