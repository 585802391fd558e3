// The player's signals and preferences. A changed preference is on the page at once, before the Worker has it.

import { useRef } from 'hono/jsx/dom';
import type { EventInput } from '../models/contracts/event.ts';
import type { Preferences } from '../models/contracts/preferences.ts';
import type { Api, Signals } from './api.ts';
import { applyEvent } from './optimistic.ts';
import { useLatest } from './use-latest.ts';
import { usePlayerState } from './use-player-state.ts';

/** The Worker's default for a player who has said nothing. Zod, which makes it there, is too large for the page. */
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
/** Adds a label to what the player wants less of, or none of, and offers to undo it. */
export type Shun = (list: 'lessGenres' | 'mutedGenres' | 'mutedTags', label: string) => void;

/** `listUnsent`: events that the server does not know yet. `onOwnChange`: told the id of each change of preferences. */
export function useSignals(
  api: Api,
  userId: string,
  listUnsent: () => readonly EventInput[],
  onOwnChange: (changeId: string) => void,
) {
  const [signals, setSignals] = usePlayerState<Signals | null>(userId, null);
  const begin = useLatest();
  /** Two changes in a row must arrive in their order. */
  const lastPut = useRef<Promise<unknown>>(Promise.resolve());
  const preferences = signals?.preferences ?? EMPTY_PREFERENCES;

  const load = async (): Promise<void> => {
    const isLatest = begin();
    const loaded = await api.readSignals(userId);
    if (isLatest()) setSignals(() => listUnsent().reduce(applyEvent, loaded));
  };

  /** Shows at once what the event will change. */
  const applyNow = (event: Pick<EventInput, 'type' | 'itemId'>) =>
    setSignals((now) => (now === null ? null : applyEvent(now, event)));

  /** Rejects with a Problem, and takes the change back, where it cannot be stored. */
  const changePreferences = async (changes: Partial<Preferences>): Promise<void> => {
    // The whole is replaced: what is not known yet must not be overwritten.
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
