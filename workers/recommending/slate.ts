// Turns a page into the slate to log: every ranked item with its position, propensity and features. The player's own
// games are not ranked and left out.

import type { RequestContext } from '../../models/contracts/context.ts';
import { SLATE_ENTRIES_MAX, type Slate } from '../../models/contracts/slate.ts';
import { addEntry, emptyEntries } from '../../models/contracts/slate-entries.ts';
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
  const explored = new Map(topPicks.map((pick) => [pick.candidate, pick]));
  const entries = emptyEntries(rows.map(({ id }) => id));
  const candidates: number[] = [];
  for (const [row, { items }] of rows.entries())
    for (const [column, { itemId }] of items.entries()) {
      const candidate = shown.get(itemId);
      if (candidate === undefined || candidates.length === SLATE_ENTRIES_MAX) continue;
      const { propensity, exploration, shuffled } = explored.get(candidate) ?? NOT_EXPLORED;
      addEntry(entries, { itemId, row, column, propensity, exploration, shuffled });
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

const NOT_EXPLORED = { propensity: 1, exploration: false, shuffled: false };

/** The candidates on the page, by item id. */
function findCandidates(
  rows: Page['rows'],
  { candidates: { indexes, columns } }: Page['ranking'],
): ReadonlyMap<string, number> {
  const shown = new Set<number>();
  for (const { items } of rows) for (const { itemId } of items) shown.add(columns.indexOf(itemId));
  const found = new Map<string, number>();
  for (let candidate = 0; candidate < indexes.length; candidate++)
    if (shown.has(indexes[candidate]!)) found.set(columns.ids[indexes[candidate]!]!, candidate);
  return found;
}
