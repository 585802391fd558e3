// The times of retractions and resets, as training collects them from the log in any order.

import type { EventType } from '../contracts/event.ts';

/** `type`: the type that is taken back. */
export const retractionKey = (type: EventType, userId: string, itemId: string | null): string =>
  `${type}\n${userId}\n${itemId}`;

export function keepLatest<Key>(times: Map<Key, number>, key: Key, timestamp: number): void {
  times.set(key, Math.max(times.get(key) ?? timestamp, timestamp));
}
