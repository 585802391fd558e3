// The rules of what must not be shown. Hidden and deleted items need none: the catalogue in memory does not hold them.

import type { UserView } from '../../models/contracts/signals.ts';
import type { Filter } from './candidates.ts';

const among = (itemIds: Iterable<string>, reason: string): Filter => {
  const set = new Set(itemIds);
  return (item) => (set.has(item.itemId) ? reason : undefined);
};

/** What a player has, has played or does not want is not recommended again. */
export const notForPlayer = ({ owned, played, dismissed }: UserView): Filter[] => [
  among(dismissed, 'dismissed'),
  among(owned, 'owned'),
  among(played, 'played'),
];

export const onlyGenre = (genre: string): Filter => {
  const wanted = genre.toLowerCase();
  return (item) => (item.genres.some((one) => one.toLowerCase() === wanted) ? undefined : `not ${genre}`);
};

/** Nothing stands twice on a page. `shown` grows as the page is filled. */
export const notShown =
  (shown: ReadonlySet<string>): Filter =>
  (item) =>
    shown.has(item.itemId) ? 'in a row above' : undefined;
