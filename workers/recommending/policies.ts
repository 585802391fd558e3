// Pages by one order alone: what the whole of recommend.ts is compared with, in experiments of a store and by
// `npm run simulate`. What a player must not be shown is left out of them as well.

import type { GalleryRow } from '../../models/contracts/gallery.ts';
import { type Found, findFilterReason, take } from './candidates.ts';
import { filtersForPlayer } from './filters.ts';
import type { RankingInput } from './ranking-input.ts';
import { popular, retrieved } from './sources.ts';

/** whole: recommend.ts. retrieval: what the retrieval model finds, for a newcomer what is popular. popularity: what is popular. */
export const POLICIES = ['full', 'retrieval', 'popularity'] as const;
export type BaselinePolicy = Exclude<(typeof POLICIES)[number], 'full'>;

/** As many as the page of a player with some history has. */
const ROWS = 8;

/** The order of the policy from left to right and on from row to row. */
export function composeBaseline(policy: BaselinePolicy, input: RankingInput, length: number): GalleryRow[] {
  const items = take(listAllowed(policy, input), ROWS * length);
  return Array.from({ length: Math.ceil(items.length / length) }, (_, row) => ({
    id: `${policy}-${row + 1}`,
    title: policy === 'popularity' ? 'Popular now' : 'Chosen for you',
    reason: `The policy “${policy}”`,
    items: items
      .slice(row * length, (row + 1) * length)
      .map(({ item, score, reason }) => ({ itemId: item.itemId, score, reason })),
  }));
}

function* listAllowed(policy: BaselinePolicy, input: RankingInput): Generator<Found> {
  const filters = filtersForPlayer(input);
  const listed = new Set<string>();
  for (const found of inOrder(policy, input)) {
    const { itemId } = found.item;
    if (listed.has(itemId) || findFilterReason(found.item, filters) !== undefined) continue;
    listed.add(itemId);
    yield found;
  }
}

function* inOrder(policy: BaselinePolicy, input: RankingInput): Generator<Found> {
  if (policy === 'retrieval' && input.modelScores !== null) yield* retrieved(input, input.modelScores);
  yield* popular(input);
}
