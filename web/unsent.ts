// Events that the server has not acknowledged yet, kept in the browser's storage, so that a reload or a closed tab
// loses none. One key per event, so that two tabs do not overwrite each other. It sends nothing.

import type { EventInput } from '../models/contracts/event.ts';

export interface UnsentEvent {
  event: EventInput & { timestamp: number };
  /** Shown in the list of sent events. */
  text: string;
}

/** Copy of EVENTS_PER_REQUEST_MAX: its contract imports Zod, which is too large for the page. */
const UNSENT_MAX = 100;
const PREFIX = 'bloodstream-unsent:';

/** Oldest first; at most as many as fit one request. */
export function readUnsent(): UnsentEvent[] {
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  return keys
    .flatMap((key) => {
      const stored = localStorage.getItem(key);
      return stored === null ? [] : (JSON.parse(stored) as UnsentEvent);
    })
    .sort((a, b) => a.event.timestamp - b.event.timestamp)
    .slice(0, UNSENT_MAX);
}

/** Does nothing if the storage is full, forbidden, or has as many events as one request allows: check `isKept`. */
export function keepUnsent(unsent: UnsentEvent): void {
  if (readUnsent().length === UNSENT_MAX) return;
  try {
    localStorage.setItem(`${PREFIX}${unsent.event.id}`, JSON.stringify(unsent));
  } catch {
    // The event is then sent only once.
  }
}

export const isKept = (id: string): boolean => localStorage.getItem(`${PREFIX}${id}`) !== null;

export const forgetUnsent = (ids: readonly string[]): void => {
  for (const id of ids) localStorage.removeItem(`${PREFIX}${id}`);
};
