// Selects the player's own games that "because you …" rows are built on.

import type { HistoryItem } from '../../models/contracts/signals.ts';
import { removes } from './filter.ts';
import { createNamingFilters } from './filters.ts';
import { orderByScore } from './order-by-score.ts';
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

/**
 * The games with the strongest recent engagement that a title may name for this player, strongest first, as item
 * indexes.
 */
export function selectAnchors(
  input: Pick<RankingInput, 'user' | 'catalogue' | 'context' | 'rules'>,
  max: number,
): { index: number; because: string }[] {
  const { user, catalogue } = input;
  const filters = createNamingFilters(input);
  const computeStrength = ({ weight, ageDays }: HistoryItem) => weight * 0.5 ** (ageDays / HALF_LIFE_DAYS);
  const engaged = user.history.filter(({ weight }) => weight >= ANCHOR_WEIGHT_MIN);
  const anchors: { index: number; because: string }[] = [];
  for (const position of orderByScore(engaged.map(computeStrength))) {
    const { itemId, strongestType } = engaged[position]!;
    const index = catalogue.columns.find(itemId);
    if (index < 0 || removes(filters, index)) continue;
    if (anchors.push({ index, because: BECAUSE[strongestType] ?? 'you looked at' }) === max) break;
  }
  return anchors;
}
