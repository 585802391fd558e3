// The last preferences of each player that the server has not stored yet. It sends nothing.

import type { Preferences } from '../../models/contracts/preferences.ts';
import { readStored, removeStored, storeValue } from '../browser/local-store.ts';

export interface UnsentPreferences {
  userId: string;
  changeId: string;
  preferences: Preferences;
}

const PREFIX = 'bloodstream-preferences:';

const isUnsentPreferences = (value: unknown): value is UnsentPreferences => {
  const { userId, changeId, preferences } = (value ?? {}) as Partial<UnsentPreferences>;
  return typeof userId === 'string' && typeof changeId === 'string' && Array.isArray(preferences?.mutedGenres);
};

/** Returns those of all players. */
export const readUnsentPreferences = (): UnsentPreferences[] => readStored(PREFIX, isUnsentPreferences);

export const findUnsentPreferences = (userId: string): UnsentPreferences | undefined =>
  readUnsentPreferences().find((one) => one.userId === userId);

/** Does nothing if the storage is full or forbidden. */
export const keepUnsentPreferences = (unsent: UnsentPreferences): void =>
  storeValue(`${PREFIX}${unsent.userId}`, unsent);

/** Keeps a newer change. */
export const forgetUnsentPreferences = ({ userId, changeId }: UnsentPreferences): void => {
  if (findUnsentPreferences(userId)?.changeId === changeId) removeStored(`${PREFIX}${userId}`);
};
