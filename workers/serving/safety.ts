// Caches, per isolate, what keeps a player safe while their object cannot be asked: what they own, have played or
// dismissed, and their preferences. It ranks nothing.

import type { UserState } from '../../models/contracts/signals.ts';

const USERS_MAX = 500;
/** Over all users: some megabytes. */
const ITEMS_MAX = 100_000;

/** A player's games that must not be recommended, and preferences. */
export type Safety = Pick<UserState, 'owned' | 'played' | 'dismissed' | 'preferences'>;

/** In the order of their last answer, the oldest first. */
const cached = new Map<string, Safety>();
let cachedItems = 0;

const countItems = ({ owned, played, dismissed }: Safety) => owned.length + played.length + dismissed.length;

export function cacheSafety(userId: string, { owned, played, dismissed, preferences }: UserState): void {
  evict(userId);
  const safety = { owned, played, dismissed, preferences };
  cached.set(userId, safety);
  cachedItems += countItems(safety);
  while (cached.size > USERS_MAX || cachedItems > ITEMS_MAX) evict(cached.keys().next().value!);
}

function evict(userId: string): void {
  const safety = cached.get(userId);
  if (safety === undefined) return;
  cached.delete(userId);
  cachedItems -= countItems(safety);
}

/** Undefined for a player whom this isolate has not answered yet. */
export const getCachedSafety = (userId: string): Safety | undefined => cached.get(userId);

/** Nobody can tell which of the two is newer: the stricter age limit holds, and the muted labels of both. */
export function mergeSafety(user: UserState, { owned, played, dismissed, preferences }: Safety): UserState {
  const limits = [user.preferences.ageLimit, preferences.ageLimit].filter((limit) => limit !== null);
  return {
    ...user,
    owned: [...user.owned, ...owned],
    played: [...user.played, ...played],
    dismissed: [...user.dismissed, ...dismissed],
    preferences: {
      ...preferences,
      ageLimit: limits.length > 0 ? Math.min(...limits) : null,
      mutedGenres: [...user.preferences.mutedGenres, ...preferences.mutedGenres],
      mutedTags: [...user.preferences.mutedTags, ...preferences.mutedTags],
    },
  };
}
