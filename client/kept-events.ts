// One player's events that the server has not answered yet, in memory and in the store, which may also have other
// players' events. It sends nothing.

import type { EventStore, KeptEvent } from './store.ts';
import type { EventInput, NewEvent } from './types.ts';

const KEPT_MAX = 1_000;
/** A browser's database sometimes never opens: a store that takes longer holds up no event. */
const LOAD_WAIT_MS = 3_000;

/** An event that will not be sent again. */
export interface LostEvent {
  event: EventInput;
  /** The server's reason, or the reason that it was not sent. */
  reason: string;
}

export interface KeptEvents {
  /** Resolves to the number of events that the store had. Never rejects; a store may not answer at all. */
  loaded: Promise<number>;
  /** Resolves with `loaded`, but after three seconds at the latest. */
  ready: Promise<unknown>;
  /** Returns the event's id. If too many are kept, drops the oldest impression, or else the oldest event. */
  add(event: NewEvent): string;
  /** Oldest first. */
  list(): KeptEvent[];
  remove(ids: readonly string[]): void;
}

export function openKeptEvents(
  userId: string,
  store: EventStore,
  onLost: (lost: LostEvent[]) => void,
  now: () => number,
): KeptEvents {
  let events = new Map<string, KeptEvent>();
  let lastCreatedAt = 0;

  const remove = (ids: readonly string[]) => {
    for (const id of ids) events.delete(id);
    store.remove(ids).catch(() => {});
  };
  const makeRoom = () => {
    if (events.size < KEPT_MAX) return;
    const all = [...events.values()];
    const { event } = all.find((one) => one.event.type === 'impression') ?? all[0]!;
    remove([event.id]);
    onLost([{ event, reason: `more than ${KEPT_MAX} events wait` }]);
  };
  const load = async (): Promise<number> => {
    const all = await store.read().catch(() => []);
    const own = all.filter(({ event }) => event.userId === userId).sort((a, b) => a.createdAt - b.createdAt);
    events = new Map([...own.map((one) => [one.event.id, one] as const), ...events]);
    return own.length;
  };
  const loaded = load();
  const wait = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, LOAD_WAIT_MS);
    (timer as { unref?: () => void }).unref?.();
  });
  return {
    loaded,
    ready: Promise.race([loaded, wait]),
    add(input) {
      makeRoom();
      const id = crypto.randomUUID();
      // Two events in one millisecond keep their order.
      lastCreatedAt = Math.max(now(), lastCreatedAt + 1);
      const kept = { event: { ...input, id, userId }, createdAt: lastCreatedAt };
      events.set(id, kept);
      store.put([kept]).catch(() => {});
      return id;
    },
    list: () => [...events.values()],
    remove,
  };
}
