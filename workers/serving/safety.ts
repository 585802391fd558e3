// Caches, per isolate, the state that filters need while a player's object does not answer: the games they own, played
// or dismissed, and their preferences. It ranks nothing.

import type { UserState } from '../../models/contracts/signals.ts';

const USERS_MAX = 500;
/** Across all users: a few megabytes. */
const ITEMS_MAX = 100_000;

/** A player's preferences, and the games that must not be recommended to them. */
type Safety = Pick<UserState, 'owned' | 'played' | 'dismissed' | 'preferences'>;

/** Ordered by last answer, oldest first. */
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

/** Undefined if this isolate has not answered the player yet. */
export const getCachedSafety = (userId: string): Safety | undefined => cached.get(userId);

/** Either may be newer: the stricter age limit and the muted labels of both apply. */
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
