// Cuts events into requests, and gives each the time at which it happened. No I/O.

import type { ClockOffset } from './server-clock.ts';
import type { KeptEvent } from './store.ts';
import type { EventInput } from './types.ts';

/** Limits of the server. */
export const BATCH_MAX = 100;
const BODY_BYTES_MAX = 192 * 1024;
/** Below the 64 KiB that a browser sends in total for a closing page. */
export const KEEPALIVE_BYTES_MAX = 60 * 1024;
/** Room for the list's brackets, and for a timestamp and a comma after each event. */
const EXTRA_BYTES = 40;

/** Keeps the order. */
export function cutBatches<E extends Pick<KeptEvent, 'event'>>(events: readonly E[], bytesMax = BODY_BYTES_MAX): E[][] {
  const batches: E[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const one of events) {
    const size = countBytes(JSON.stringify(one.event)) + EXTRA_BYTES;
    if (bytes + size > bytesMax || batches.at(-1)!.length === BATCH_MAX) {
      batches.push([]);
      bytes = EXTRA_BYTES;
    }
    batches.at(-1)!.push(one);
    bytes += size;
  }
  return batches;
}

export const countBytes = (text: string): number => new TextEncoder().encode(text).length;

/**
 * Gives events their times on the server's clock, in the order given. None is in the future, unless the client's clock
 * is ahead by less than a second, which cannot be detected. `now`: on the client's clock. Without an offset, events get
 * no time, and the server uses its own.
 */
export function stampEvents(events: readonly KeptEvent[], now: number, offset: ClockOffset | undefined): EventInput[] {
  if (offset === undefined) return events.map(({ event }) => event);
  // A clock that may be right is taken as right. A guess may be a second off: it could put an event before an earlier
  // one that was sent at once, or that was kept and sent with another guess.
  const isRight = offset.minMs <= 0 && offset.maxMs >= 0;
  const offsetMs = isRight ? 0 : (offset.minMs + offset.maxMs) / 2;
  let next = now + (isRight ? 0 : offset.minMs) + 1;
  return events
    .toReversed()
    .map(({ event, createdAt }) => {
      next = Math.floor(Math.min(createdAt + offsetMs, next - 1));
      return { ...event, timestamp: next };
    })
    .reverse();
}
