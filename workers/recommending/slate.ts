// Turns a page into the slate to log: every ranked item with its position, propensity and features. The player's own
// games are not ranked and left out.

import type { RequestContext } from '../../models/contracts/context.ts';
import { SLATE_ENTRIES_MAX, type Slate, type SlateEntry } from '../../models/contracts/slate.ts';
import { FEATURES_HASH, packFeatures } from '../../models/features/ranking.ts';
import type { Page } from './recommend.ts';

interface Shown {
  recommendationId: string;
  tier: string;
  release: string | null;
  generatedAt: string;
}

export function toSlate(
  { rows, topPicks, ranking }: Page,
  { recommendationId, tier, release, generatedAt }: Shown,
  userId: string,
  { country, platform }: RequestContext,
): Slate {
  const shown = findCandidates(rows, ranking);
  const explored = new Map(topPicks.map(({ candidate, ...chance }) => [candidate, chance]));
  const entries: SlateEntry[] = [];
  const candidates: number[] = [];
  for (const [row, { id: rowId, items }] of rows.entries())
    for (const [column, { itemId }] of items.entries()) {
      const candidate = shown.get(itemId);
      if (candidate === undefined || entries.length === SLATE_ENTRIES_MAX) continue;
      const chance = explored.get(candidate) ?? { propensity: 1, exploration: false, shuffled: false };
      entries.push({ itemId, rowId, row, column, ...chance });
      candidates.push(candidate);
    }
  return {
    recommendationId,
    userId,
    shownAt: Date.parse(generatedAt),
    tier,
    release,
    country,
    platform,
    featuresHash: FEATURES_HASH,
    entries,
    features: Buffer.from(packFeatures(ranking.readFeatures(candidates))).toString('base64'),
  };
}

/** The candidates on the page, by item id. */
function findCandidates(
  rows: Page['rows'],
  { candidates: { indexes, columns } }: Page['ranking'],
): ReadonlyMap<string, number> {
  const shown = new Set(rows.flatMap(({ items }) => items.map(({ itemId }) => itemId)));
  const found = new Map<string, number>();
  for (const [candidate, index] of indexes.entries()) {
    const itemId = columns.ids[index]!;
    if (shown.has(itemId)) found.set(itemId, candidate);
  }
  return found;
}
