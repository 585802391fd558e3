// The rules of what must not be shown. Hidden and deleted items need none: the catalogue in memory does not hold them.

import type { UserView } from '../../models/contracts/signals.ts';
import type { Filter } from './candidates.ts';

/** What a player has, has played or does not want is not recommended again. */
export function notForPlayer({ owned, played, dismissed }: UserView): Filter[] {
  // One look-up for each candidate, not three.
  const reasons = new Map<string, string>();
  for (const itemId of played) reasons.set(itemId, 'played');
  for (const itemId of owned) reasons.set(itemId, 'owned');
  for (const itemId of dismissed) reasons.set(itemId, 'dismissed');
  return [(item) => reasons.get(item.itemId)];
}

export const onlyGenre = (genre: string): Filter => {
  const wanted = genre.toLowerCase();
  return (item) => (item.genres.some((one) => one.toLowerCase() === wanted) ? undefined : `not ${genre}`);
};

/** Nothing stands twice on a page. `shown` grows as the page is filled. */
export const notShown =
  (shown: ReadonlySet<string>): Filter =>
  (item) =>
    shown.has(item.itemId) ? 'in a row above' : undefined;
