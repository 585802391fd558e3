// Stores events in the players' objects, which keep them until the log has them, and in parallel in the queue, which is
// the short way to the log.

import type { PlayerEvent } from '../../models/contracts/event.ts';
import { countAccepted } from './count-accepted.ts';
import { orUnavailable } from './problems.ts';

/** The limit of a queue message is 128 KB; an event with the longest fields, at 3 bytes a character, is below 3 KB. */
const EVENTS_PER_MESSAGE = 40;

export interface EventStore {
  /** Records events in a player's object; returns the ids of those that were new. */
  recordEvents(userId: string, events: PlayerEvent[]): Promise<string[]>;
  /** Queues one message for each list. */
  queueEvents(messages: PlayerEvent[][]): Promise<void>;
  countAccepted(events: number): void;
}

export const openEventStore = (
  { USER_SIGNALS, EVENTS, DB }: Pick<Env, 'USER_SIGNALS' | 'EVENTS' | 'DB'>,
  waitUntil: (promise: Promise<unknown>) => void,
): EventStore => ({
  recordEvents: (userId, events) => USER_SIGNALS.getByName(userId).record(events),
  queueEvents: async (messages) => {
    await EVENTS.sendBatch(messages.map((body) => ({ body })));
  },
  countAccepted: (events) => countAccepted(DB, waitUntil, events),
});

/** Unique among all players' events. */
export const eventKey = ({ userId, id }: Pick<PlayerEvent, 'userId' | 'id'>): string => `${userId}\n${id}`;

/**
 * Returns the keys of the events that were new. Throws `unavailable` if an object fails. A queue that fails is no
 * reason to refuse: the object queues again what the log lacks. Known events are queued too: the log stores each once.
 */
export async function storeEvents(events: readonly PlayerEvent[], store: EventStore): Promise<Set<string>> {
  const byUser = Map.groupBy(events, ({ userId }) => userId);
  const [added] = await orUnavailable(
    Promise.all([
      Promise.all([...byUser].map(([userId, own]) => recordEvents(userId, own, store))),
      queueEvents(events, store).catch((error: Error) => {
        console.error(JSON.stringify({ alert: 'events not queued', events: events.length, error: error.message }));
      }),
    ]),
    'Send the same events again: none is counted twice.',
  );
  const keys = new Set(added.flat());
  store.countAccepted(keys.size);
  return keys;
}

async function recordEvents(userId: string, events: PlayerEvent[], store: EventStore): Promise<string[]> {
  const record = () => store.recordEvents(userId, events);
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
