// Events that the server has not acknowledged yet, kept in the browser's storage: a reload or a closed tab loses none.
// One key for each, so that two tabs do not overwrite each other. It sends nothing.

import type { EventInput } from '../models/contracts/event.ts';

export interface UnsentEvent {
  event: EventInput & { timestamp: number };
  /** For the list of sent events. */
  text: string;
}

/** EVENTS_PER_REQUEST_MAX of the contract, which brings Zod along: too large for the page. */
const UNSENT_MAX = 100;
const PREFIX = 'bloodstream-unsent:';

/** Oldest first; as many as one request may hold. */
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

/** Keeps nothing where the storage is full or forbidden, or holds as many as one request may: ask `isKept`. */
export function keepUnsent(unsent: UnsentEvent): void {
  if (readUnsent().length === UNSENT_MAX) return;
  try {
    localStorage.setItem(`${PREFIX}${unsent.event.id}`, JSON.stringify(unsent));
  } catch {
    // Then the event is sent once, and not again.
  }
}

export const isKept = (id: string): boolean => localStorage.getItem(`${PREFIX}${id}`) !== null;

export const forgetUnsent = (ids: readonly string[]): void => {
  for (const id of ids) localStorage.removeItem(`${PREFIX}${id}`);
};
