// Which of the player's own games the page builds a "because you…" row on.

import type { Item } from '../../models/contracts/item.ts';
import type { HistoryItem } from '../../models/contracts/signals.ts';
import type { Catalogue } from '../storage/catalogue.ts';

/** Below this it was a glance: a click counts, a single view does not. */
const ANCHOR_WEIGHT_MIN = 0.3;
const HALF_LIFE_DAYS = 7;

const BECAUSE: Record<string, string> = {
  play: 'you played',
  purchase: 'you bought',
  like: 'you like',
  rate: 'you rated',
  wishlist: 'you wish for',
  pick: 'you picked',
};

/** The games of strongest and latest engagement, strongest first. */
export function chooseAnchors(
  history: readonly HistoryItem[],
  catalogue: Catalogue,
  max: number,
): { item: Item; because: string }[] {
  const strength = ({ weight, ageDays }: HistoryItem) => weight * 0.5 ** (ageDays / HALF_LIFE_DAYS);
  return history
    .filter(({ weight }) => weight >= ANCHOR_WEIGHT_MIN)
    .sort((a, b) => strength(b) - strength(a))
    .flatMap(({ itemId, strongestType }) => {
      const item = catalogue.get(itemId);
      return item === undefined ? [] : [{ item, because: BECAUSE[strongestType] ?? 'you looked at' }];
    })
    .slice(0, max);
}
