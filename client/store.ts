// Stores events until the server has them. The queue has them in memory too, so a store is read only once.

import type { EventInput } from './types.ts';

export interface KeptEvent {
  event: EventInput;
  /** Epoch milliseconds on the client's clock, which may be wrong. */
  createdAt: number;
}

/** A method may reject: the events are then kept in memory alone. */
export interface EventStore {
  /** Events of all players, in any order. */
  read(): Promise<KeptEvent[]>;
  put(events: readonly KeptEvent[]): Promise<void>;
  remove(ids: readonly string[]): Promise<void>;
}

/** Keeps nothing beyond memory. */
export const NO_STORE: EventStore = {
  read: async () => [],
  put: async () => {},
  remove: async () => {},
};
