// What of a page goes into the log of slates: every item that was ranked, where it stood, how likely that was, and the
// features it was ranked by. The player's own games were not ranked, and are left out.

import type { RequestContext } from '../../models/contracts/context.ts';
import { SLATE_ENTRIES_MAX, type Slate, type SlateEntry } from '../../models/contracts/slate.ts';
import { FEATURES, FEATURES_HASH } from '../../models/features/ranking.ts';
import type { Page } from './recommend.ts';

interface Shown {
  recommendationId: string;
  tier: string;
  release: string | null;
  generatedAt: string;
}

export function toSlate(
  { rows, placed, ranked }: Page,
  { recommendationId, tier, release, generatedAt }: Shown,
  userId: string,
  { country, platform }: RequestContext,
): Slate {
  const candidates = new Map(ranked.candidates.map((candidate) => [candidate.item.itemId, candidate]));
  const chances = new Map(placed.map(({ candidate, ...chance }) => [candidate.item.itemId, chance]));
  const entries: SlateEntry[] = [];
  const features: Float32Array[] = [];
  for (const [row, { id: rowId, items }] of rows.entries())
    for (const [column, { itemId }] of items.entries()) {
      const candidate = candidates.get(itemId);
      if (candidate === undefined || entries.length === SLATE_ENTRIES_MAX) continue;
      const { propensity, exploration } = chances.get(itemId) ?? { propensity: 1, exploration: false };
      entries.push({ itemId, rowId, row, column, propensity, exploration });
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
  const user = new DataView(new ArrayBuffer(rows.length * FEATURES.length * Float32Array.BYTES_PER_ELEMENT));
  for (const [row, values] of rows.entries())
    for (let at = 0; at < FEATURES.length; at++)
      user.setFloat32(Float32Array.BYTES_PER_ELEMENT * (row * FEATURES.length + at), values[at]!, true);
  return Buffer.from(user.buffer).toString('base64');
}
