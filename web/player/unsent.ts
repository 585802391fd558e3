// Events that the server has not acknowledged yet, kept in the browser's storage, so that a reload or a closed tab
// loses none. One key per event, so that two tabs do not overwrite each other. It sends nothing.

import type { KeptEvent } from '../../client/store.ts';
import { isStored, readStored, removeStored, storeValue } from '../browser/local-store.ts';

export interface UnsentEvent extends KeptEvent {
  /** Shown in the list of sent events. */
  text: string;
}

/** Per player, so that one whose events cannot be sent leaves room for the others. */
const UNSENT_MAX = 100;
const PREFIX = 'bloodstream-unsent:';

const isUnsentEvent = (value: unknown): value is UnsentEvent => {
  const { event, createdAt, text } = (value ?? {}) as Partial<UnsentEvent>;
  return (
    typeof event?.id === 'string' &&
    typeof event.userId === 'string' &&
    typeof event.type === 'string' &&
    Number.isInteger(createdAt) &&
    typeof text === 'string'
  );
};

/** Returns those of all players, oldest first. */
export const readUnsent = (): UnsentEvent[] =>
  readStored(PREFIX, isUnsentEvent).sort((a, b) => a.createdAt - b.createdAt);

/** Requests of one player each, so that one whose object is unavailable does not hold up the others. */
export const groupByPlayer = (unsent: readonly UnsentEvent[]): UnsentEvent[][] => [
  ...Map.groupBy(unsent, ({ event }) => event.userId).values(),
];

/** Does nothing if the storage is full or forbidden, or if the player has too many: check `isKept`. */
export function keepUnsent(unsent: UnsentEvent): void {
  const own = readUnsent().filter(({ event }) => event.userId === unsent.event.userId);
  if (own.length < UNSENT_MAX) storeValue(`${PREFIX}${unsent.event.id}`, unsent);
}

export const isKept = (id: string): boolean => isStored(`${PREFIX}${id}`);

export const forgetUnsent = (ids: readonly string[]): void => {
  for (const id of ids) removeStored(`${PREFIX}${id}`);
};
