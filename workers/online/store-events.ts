// Stores events in the players' objects, which keep them until the log has them, and then in the queue, the fast path
// to the log. Only the objects choose the database of the log: two components could choose differently.

import type { PlayerEvent, RecordedEvents, RoutedEvent } from '../../models/contracts/event.ts';
import { currentRequestId } from '../logging/log.ts';
import { countAccepted } from '../storage/isolate-counts.ts';
import type { AppContext } from './endpoint.ts';
import { orUnavailable } from './problems.ts';
import { sendEvents } from './send-events.ts';

export interface EventStore {
  /** Records events in a player's object. */
  recordEvents(userId: string, events: PlayerEvent[]): Promise<RecordedEvents>;
  /** Queues events for the log. Never rejects. */
  queueEvents(events: RoutedEvent[]): Promise<void>;
  /** Continues work after the answer. */
  waitUntil(work: Promise<void>): void;
  countAccepted(events: number): void;
}

/** Keys of the events that were new, and of those that a merged guest's token may not send. */
export interface StoredEvents {
  added: Set<string>;
  refused: ReadonlySet<string>;
}

export function openEventStore(c: AppContext): EventStore {
  const { USER_SIGNALS, EVENTS, SLATES } = c.env;
  const waitUntil = (promise: Promise<unknown>) => c.executionCtx.waitUntil(promise);
  return {
    recordEvents: (userId, events) => {
      const player = USER_SIGNALS.getByName(userId);
      return isFromPlayer(c) ? player.recordOwn(events) : player.record(events);
    },
    queueEvents: (events) => sendEvents(EVENTS, events),
    waitUntil,
    countAccepted: (events) => countAccepted(SLATES, waitUntil, events),
  };
}

/** True for a request with a player's token. Known once the caller is identified. */
export const isFromPlayer = (c: AppContext): boolean => c.get('caller')?.kind === 'player';

/** Unique among all players' events. */
export const eventKey = ({ userId, id }: Pick<PlayerEvent, 'userId' | 'id'>): string => `${userId}\n${id}`;

/**
 * Throws `unavailable` if an object fails. Does not wait for the queue: the object queues missing events again, so a
 * failing queue is no reason to refuse.
 */
export async function storeEvents(events: readonly PlayerEvent[], store: EventStore): Promise<StoredEvents> {
  const byUser = Map.groupBy(events, ({ userId }) => userId);
  const recorded = await orUnavailable(
    Promise.all(Array.from(byUser, ([userId, own]) => recordEvents(userId, own, store))),
    'Send the same events again: none is counted twice.',
  );
  const shards = new Map(recorded.flatMap(({ keys, shard }) => keys.map((key) => [key, shard])));
  const added = new Set(shards.keys());
  store.countAccepted(added.size);
  const requestId = currentRequestId();
  // An event that the object already knew is in its outbox or in the log. A repeated one is logged once.
  const routed = events.flatMap((event) => {
    const shard = shards.get(eventKey(event));
    return shard === undefined ? [] : { ...event, shard, ...(requestId && { requestId }) };
  });
  if (routed.length > 0) store.waitUntil(store.queueEvents(routed));
  return { added, refused: new Set(recorded.flatMap(({ refused }) => refused)) };
}

async function recordEvents(
  userId: string,
  events: PlayerEvent[],
  store: EventStore,
): Promise<{ keys: string[]; refused: string[]; shard: number }> {
  const record = () => store.recordEvents(userId, events);
  const {
    ids,
    refusedIds = [],
    shard,
  } = await record().catch((error: Error & { retryable?: boolean; overloaded?: boolean }) => {
    // A call to a moving object can be retried; one to an overloaded object must not be.
    if (error.retryable && !error.overloaded) return record();
    throw error;
  });
  const listKeys = (own: readonly string[]) => own.map((id) => eventKey({ userId, id }));
  return { keys: listKeys(ids), refused: listKeys(refusedIds), shard };
}
