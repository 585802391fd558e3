// Pages by one order alone: what the whole of recommend.ts is compared with, in experiments of a store and by
// `npm run simulate`. What a player must not be shown is left out of them as well.

import type { GalleryRow } from '../../models/contracts/gallery.ts';
import { type Found, objectionTo, take } from './candidates.ts';
import { forPlayer } from './filters.ts';
import type { RankingInput } from './ranking-input.ts';
import { popular, retrieved } from './sources.ts';

/** whole: recommend.ts. retrieval: what the retrieval model finds, for a newcomer what is popular. popularity: what is popular. */
export const POLICIES = ['whole', 'retrieval', 'popularity'] as const;
export type PlainPolicy = Exclude<(typeof POLICIES)[number], 'whole'>;

/** As many as the page of a player with some history has. */
const ROWS = 8;

/** The order of the policy from left to right and on from row to row. */
export function composePlain(policy: PlainPolicy, moment: RankingInput, length: number): GalleryRow[] {
  const items = take(listAllowed(policy, moment), ROWS * length);
  return Array.from({ length: Math.ceil(items.length / length) }, (_, row) => ({
    id: `${policy}-${row + 1}`,
    title: policy === 'popularity' ? 'Popular now' : 'Chosen for you',
    reason: `The policy “${policy}”`,
    items: items
      .slice(row * length, (row + 1) * length)
      .map(({ item, score, reason }) => ({ itemId: item.itemId, score, reason })),
  }));
}

function* listAllowed(policy: PlainPolicy, moment: RankingInput): Generator<Found> {
  const filters = forPlayer(moment);
  const listed = new Set<string>();
  for (const found of inOrder(policy, moment)) {
    const { itemId } = found.item;
    if (listed.has(itemId) || objectionTo(found.item, filters) !== undefined) continue;
    listed.add(itemId);
    yield found;
  }
}

function* inOrder(policy: PlainPolicy, moment: RankingInput): Generator<Found> {
  if (policy === 'retrieval' && moment.modelScores !== null) yield* retrieved(moment, moment.modelScores);
  yield* popular(moment);
}
