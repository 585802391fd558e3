// What an isolate remembers of players whom it answered, for the time when their object cannot be asked: what they own,
// have played and refused, and what they said. It ranks nothing.

import type { UserState } from '../../models/contracts/signals.ts';

const PLAYERS_MAX = 500;
/** Over all players: some megabytes. */
const ITEMS_MAX = 100_000;

/** What must not be shown to a player, and what the player said. */
export type Safety = Pick<UserState, 'owned' | 'played' | 'dismissed' | 'preferences'>;

/** The one answered longest ago comes first. */
const remembered = new Map<string, Safety>();
let items = 0;

const sizeOf = ({ owned, played, dismissed }: Safety) => owned.length + played.length + dismissed.length;

export function rememberSafety(userId: string, { owned, played, dismissed, preferences }: UserState): void {
  forget(userId);
  const safety = { owned, played, dismissed, preferences };
  remembered.set(userId, safety);
  items += sizeOf(safety);
  while (remembered.size > PLAYERS_MAX || items > ITEMS_MAX) forget(remembered.keys().next().value!);
}

function forget(userId: string): void {
  const safety = remembered.get(userId);
  if (safety === undefined) return;
  remembered.delete(userId);
  items -= sizeOf(safety);
}

/** Undefined for a player whom this isolate has not answered. */
export const recallSafety = (userId: string): Safety | undefined => remembered.get(userId);

/** A view with what else is known. Nobody can say which of the two is newer, so the stricter limit holds, and what either mutes. */
export function joinSafety(user: UserState, { owned, played, dismissed, preferences }: Safety): UserState {
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
