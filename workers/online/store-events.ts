// Stores events in the players' objects and in the queue to the log, in parallel.

import type { PlayerEvent } from '../../models/contracts/event.ts';
import type { SignalEvent } from '../../models/contracts/signals.ts';
import { toSignalEvent } from '../../models/features/signals.ts';
import { orUnavailable } from './problems.ts';

/** The limit of a queue message is 128 KB; an event with the longest fields, at 3 bytes a character, is below 3 KB. */
const EVENTS_PER_MESSAGE = 40;

export interface EventStore {
  /** Records events in a player's object; returns the ids of those that were new. */
  recordSignals(userId: string, events: SignalEvent[]): Promise<string[]>;
  /** Queues one message for each list. */
  queueEvents(messages: PlayerEvent[][]): Promise<void>;
}

export const openEventStore = ({ USER_SIGNALS, EVENTS }: Pick<Env, 'USER_SIGNALS' | 'EVENTS'>): EventStore => ({
  recordSignals: (userId, events) => USER_SIGNALS.getByName(userId).record(events),
  queueEvents: async (messages) => {
    await EVENTS.sendBatch(messages.map((body) => ({ body })));
  },
});

/** Unique among all players' events. */
export const eventKey = ({ userId, id }: Pick<PlayerEvent, 'userId' | 'id'>): string => `${userId}\n${id}`;

/**
 * Returns the keys of the events that were new. Throws `unavailable` if an object or the queue fails. Known events are
 * queued too: the request that sent them first may have failed before the queue had them, and the log stores each event
 * once.
 */
export async function storeEvents(events: readonly PlayerEvent[], store: EventStore): Promise<Set<string>> {
  const byUser = Map.groupBy(events, ({ userId }) => userId);
  const [added] = await orUnavailable(
    Promise.all([
      Promise.all([...byUser].map(([userId, own]) => recordSignals(userId, own, store))),
      queueEvents(events, store),
    ]),
    'Send the same events again: none is counted twice.',
  );
  return new Set(added.flat());
}

async function recordSignals(userId: string, events: readonly PlayerEvent[], store: EventStore): Promise<string[]> {
  const record = () => store.recordSignals(userId, events.map(toSignalEvent));
  const ids = await record().catch((error: Error & { retryable?: boolean; overloaded?: boolean }) => {
    // A call to a moving object can be retried; one to an overloaded object must not be.
    if (error.retryable && !error.overloaded) return record();
    throw error;
  });
  return ids.map((id) => eventKey({ userId, id }));
}

async function queueEvents(events: readonly PlayerEvent[], store: EventStore): Promise<void> {
  const messages: PlayerEvent[][] = [];
  for (let from = 0; from < events.length; from += EVENTS_PER_MESSAGE)
    messages.push(events.slice(from, from + EVENTS_PER_MESSAGE));
  if (messages.length > 0) await store.queueEvents(messages);
}
