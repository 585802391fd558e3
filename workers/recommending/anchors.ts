// Which of the player's own games the page builds a "because you…" row on.

import type { Item } from '../../models/contracts/item.ts';
import type { HistoryItem } from '../../models/contracts/signals.ts';
import { findFilterReason } from './candidates.ts';
import { filtersForNaming } from './filters.ts';
import type { RankingInput } from './ranking-input.ts';

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

/** The games of strongest and latest engagement that may be named to this player, strongest first. */
export function chooseAnchors(
  input: Pick<RankingInput, 'user' | 'catalogue' | 'context' | 'rules'>,
  max: number,
): { item: Item; because: string }[] {
  const { user, catalogue } = input;
  const filters = filtersForNaming(input);
  const strength = ({ weight, ageDays }: HistoryItem) => weight * 0.5 ** (ageDays / HALF_LIFE_DAYS);
  return user.history
    .filter(({ weight }) => weight >= ANCHOR_WEIGHT_MIN)
    .sort((a, b) => strength(b) - strength(a))
    .flatMap(({ itemId, strongestType }) => {
      const item = catalogue.get(itemId);
      if (item === undefined || findFilterReason(item, filters) !== undefined) return [];
      return [{ item, because: BECAUSE[strongestType] ?? 'you looked at' }];
    })
    .slice(0, max);
}
