// The player's signals, preferences among them, as they will be once the server has what the player did.

import type { EventInput } from '../../models/contracts/event.ts';
import type { Preferences } from '../../models/contracts/preferences.ts';
import type { Api, Signals } from './api.ts';
import { applyEvent } from './optimistic.ts';
import { findUnsentPreferences } from './unsent-preferences.ts';
import { useLatest } from './use-latest.ts';
import { usePlayerState } from './use-player-state.ts';

/** `listUnsent`: events that the server does not have yet. */
export function useSignals(api: Api, userId: string, listUnsent: () => readonly EventInput[]) {
  const [signals, setSignals] = usePlayerState<Signals | null>(userId, null);
  const begin = useLatest();

  /** Rejects with a Problem. */
  const load = async (): Promise<Signals> => {
    const isLatest = begin();
    const loaded = await api.readSignals(userId);
    const preferences = findUnsentPreferences(userId)?.preferences ?? loaded.preferences;
    const expected = listUnsent().reduce(applyEvent, { ...loaded, preferences });
    if (isLatest()) setSignals(() => expected);
    return expected;
  };

  /** Shows the effect of an event at once. */
  const applyNow = (event: Pick<EventInput, 'type' | 'itemId'>) =>
    setSignals((now) => (now === null ? null : applyEvent(now, event)));

  const showPreferences = (preferences: Preferences) => {
    // An answer under way may be from before the change.
    begin();
    setSignals((now) => (now === null ? null : { ...now, preferences }));
  };

  return { signals, load, applyNow, showPreferences };
}
