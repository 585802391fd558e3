// The player's preferences. The page shows a change at once and keeps it until the Worker has stored it; one that could
// not be sent waits until `sendWaiting`.

import { useRef } from 'preact/hooks';
import type { Problem } from '../../client/problem.ts';
import type { Preferences } from '../../models/contracts/preferences.ts';
import type { Api, Signals } from './api.ts';
import {
  findUnsentPreferences,
  forgetUnsentPreferences,
  keepUnsentPreferences,
  readUnsentPreferences,
  type UnsentPreferences,
} from './unsent-preferences.ts';

/** Copy of the Worker's default for new players: Zod, which makes it there, is too large for the page. */
export const EMPTY_PREFERENCES: Preferences = {
  genres: [],
  items: [],
  lessGenres: [],
  mutedGenres: [],
  mutedTags: [],
  popularity: 0,
  releasedFrom: null,
  releasedUntil: null,
  ageLimit: null,
};

export type EditPreferences = (now: Preferences) => Partial<Preferences>;
export type Prefer = (changes: Partial<Preferences>) => void;
/** Adds a label to the given list, of which the player wants less or none, and offers to undo it. */
export type Shun = (list: 'lessGenres' | 'mutedGenres' | 'mutedTags', label: string) => void;

interface ShownSignals {
  signals: Signals | null;
  load: () => Promise<Signals>;
  showPreferences: (preferences: Preferences) => void;
}

/** `addOwnId` receives the id of each change. */
export function usePreferences(api: Api, userId: string, shown: ShownSignals, addOwnId: (changeId: string) => void) {
  const lastPut = useRef<Promise<unknown>>(Promise.resolve());
  const underWay = useRef(new Set<string>());

  /** Keeps the change if the failure is temporary. Successive changes arrive in order. */
  const put = async (unsent: UnsentPreferences): Promise<void> => {
    const { changeId } = unsent;
    addOwnId(changeId);
    underWay.current!.add(changeId);
    const putting = lastPut.current!.then(() => api.putPreferences(unsent.userId, unsent.preferences, changeId));
    lastPut.current = putting.catch(() => {});
    try {
      await putting;
      forgetUnsentPreferences(unsent);
    } catch (error) {
      if (!(error as Problem).isTemporary) forgetUnsentPreferences(unsent);
      throw error;
    } finally {
      underWay.current!.delete(changeId);
    }
  };

  /** Rejects with a Problem if the change is not stored; reverts it if it will not be sent again. */
  const change = async (edit: EditPreferences): Promise<void> => {
    // A PUT replaces all preferences: those not loaded yet must not be overwritten.
    const { preferences: before } = shown.signals ?? (await shown.load());
    const preferences = { ...before, ...edit(before) };
    const unsent = { userId, changeId: crypto.randomUUID(), preferences };
    keepUnsentPreferences(unsent);
    shown.showPreferences(preferences);
    await put(unsent).catch((error) => {
      // One that is kept will be sent again; a newer one holds it too.
      if (findUnsentPreferences(userId) === undefined) shown.showPreferences(before);
      throw error;
    });
  };

  /** Like `sendWaiting` of the outbox. Calls `onStored` if this player's preferences have been stored. */
  const sendWaiting = async (onStored: () => void): Promise<boolean> => {
    const waiting = readUnsentPreferences().filter(({ changeId }) => !underWay.current!.has(changeId));
    const puts = waiting.map((unsent) => ({ own: unsent.userId === userId, putting: put(unsent) }));
    await Promise.allSettled(puts.map(({ putting }) => putting));
    const own = puts.filter((one) => one.own);
    await Promise.all(own.map(({ putting }) => putting));
    if (own.length > 0) onStored();
    return own.length > 0;
  };

  return {
    preferences: shown.signals?.preferences ?? EMPTY_PREFERENCES,
    change,
    sendWaiting,
    isWaiting: () => findUnsentPreferences(userId) !== undefined,
  };
}
