// The player's signals and preferences. The page shows a changed preference at once, before the Worker has it.

import { useRef } from 'hono/jsx/dom';
import type { EventInput } from '../models/contracts/event.ts';
import type { Preferences } from '../models/contracts/preferences.ts';
import type { Api, Signals } from './api.ts';
import { applyEvent } from './optimistic.ts';
import { useLatest } from './use-latest.ts';
import { usePlayerState } from './use-player-state.ts';

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

export type Prefer = (changes: Partial<Preferences>) => void;
/** Adds a label to the given list, of which the player wants less or none, and offers to undo it. */
export type Shun = (list: 'lessGenres' | 'mutedGenres' | 'mutedTags', label: string) => void;

/** `listUnsent`: events that the server does not have yet. `onOwnChange` receives the id of each preference change. */
export function useSignals(
  api: Api,
  userId: string,
  listUnsent: () => readonly EventInput[],
  onOwnChange: (changeId: string) => void,
) {
  const [signals, setSignals] = usePlayerState<Signals | null>(userId, null);
  const begin = useLatest();
  /** Successive changes must arrive in order. */
  const lastPut = useRef<Promise<unknown>>(Promise.resolve());
  const preferences = signals?.preferences ?? EMPTY_PREFERENCES;

  const load = async (): Promise<void> => {
    const isLatest = begin();
    const loaded = await api.readSignals(userId);
    if (isLatest()) setSignals(() => listUnsent().reduce(applyEvent, loaded));
  };

  /** Shows the effect of an event at once. */
  const applyNow = (event: Pick<EventInput, 'type' | 'itemId'>) =>
    setSignals((now) => (now === null ? null : applyEvent(now, event)));

  /** Reverts the change and rejects with a Problem if it cannot be stored. */
  const changePreferences = async (changes: Partial<Preferences>): Promise<void> => {
    // A PUT replaces all preferences: those not loaded yet must not be overwritten.
    if (signals === null) return;
    const wanted = { ...preferences, ...changes };
    begin();
    setSignals(() => ({ ...signals, preferences: wanted }));
    const changeId = crypto.randomUUID();
    onOwnChange(changeId);
    const put = lastPut.current!.then(() => api.putPreferences(userId, wanted, changeId));
    lastPut.current = put.catch(() => {});
    await put.catch((error) => {
      setSignals(() => signals);
      throw error;
    });
  };

  return { signals, preferences, load, applyNow, changePreferences };
}
