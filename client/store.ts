// Where events are kept until the server has them. The queue holds them in memory too, so a store is only read once.

import type { EventInput } from './types.ts';

export interface KeptEvent {
  event: EventInput;
  /** Epoch milliseconds on the client's clock, which may be wrong. */
  createdAt: number;
}

/** A method that rejects does no harm: the events are then kept in memory alone. */
export interface EventStore {
  /** Events of all players, in any order. */
  read(): Promise<KeptEvent[]>;
  put(events: readonly KeptEvent[]): Promise<void>;
  remove(ids: readonly string[]): Promise<void>;
}

/** Memory alone. */
export const NO_STORE: EventStore = {
  read: async () => [],
  put: async () => {},
  remove: async () => {},
};
