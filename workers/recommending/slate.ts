// Turns a page into the slate to log: every ranked item with its position, propensity and features. The player's own
// games are not ranked and left out.

import type { RequestContext } from '../../models/contracts/context.ts';
import { SLATE_ENTRIES_MAX, type Slate, type SlateEntry } from '../../models/contracts/slate.ts';
import { FEATURES, FEATURES_HASH, packFeatures } from '../../models/features/ranking.ts';
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
  const candidates = new Map(ranking.candidates.map((candidate) => [candidate.item.itemId, candidate]));
  const explored = new Map(topPicks.map(({ candidate, ...chance }) => [candidate.item.itemId, chance]));
  const entries: SlateEntry[] = [];
  const features: Float32Array[] = [];
  for (const [row, { id: rowId, items }] of rows.entries())
    for (const [column, { itemId }] of items.entries()) {
      const candidate = candidates.get(itemId);
      if (candidate === undefined || entries.length === SLATE_ENTRIES_MAX) continue;
      const chance = explored.get(itemId) ?? { propensity: 1, exploration: false, shuffled: false };
      entries.push({ itemId, rowId, row, column, ...chance });
      features.push(candidate.features());
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
    features: toBase64(features),
  };
}

function toBase64(rows: readonly Float32Array[]): string {
  const features = new Float32Array(rows.length * FEATURES.length);
  for (const [row, values] of rows.entries()) features.set(values, row * FEATURES.length);
  return Buffer.from(packFeatures(features)).toString('base64');
}
