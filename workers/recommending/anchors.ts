// Selects the player's own games that "because you …" rows are built on.

import type { Item } from '../../models/contracts/item.ts';
import type { HistoryItem } from '../../models/contracts/signals.ts';
import { findFilterReason } from './filter.ts';
import { createNamingFilters } from './filters.ts';
import type { RankingInput } from './ranking-input.ts';

/** A click reaches this weight, a single view does not. */
const ANCHOR_WEIGHT_MIN = 0.3;
const HALF_LIFE_DAYS = 7;

const BECAUSE: Record<string, string> = {
  play: 'you played',
  purchase: 'you bought',
  like: 'you like',
  rate: 'you rated',
  wishlist: 'you wishlisted',
  pick: 'you picked',
};

/** The games with the strongest recent engagement that a title may name for this player, strongest first. */
export function selectAnchors(
  input: Pick<RankingInput, 'user' | 'catalogue' | 'context' | 'rules'>,
  max: number,
): { item: Item; because: string }[] {
  const { user, catalogue } = input;
  const filters = createNamingFilters(input);
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
