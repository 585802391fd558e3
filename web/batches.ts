// Cuts events that had to wait into requests, and gives each the time at which it happened. No I/O.

import type { EventInput } from '../models/contracts/event.ts';
import type { ClockOffset } from './server-clock.ts';
import type { UnsentEvent } from './unsent.ts';

/** EVENTS_PER_REQUEST_MAX and EVENTS_BODY_BYTES_MAX of the contract, which brings Zod along: too large for the page. */
const BATCH_MAX = 100;
const BODY_BYTES_MAX = 192 * 1024;
/** Room for the list's brackets, and for a timestamp and a comma after each event. */
const EXTRA_BYTES = 40;

/** Batches of one player each, so that one whose object is unavailable does not hold up the others. Keeps the order. */
export function cutBatches(unsent: readonly UnsentEvent[]): UnsentEvent[][] {
  return [...Map.groupBy(unsent, ({ event }) => event.userId).values()].flatMap((own) => {
    const batches: UnsentEvent[][] = [];
    let bytes = Number.POSITIVE_INFINITY;
    for (const one of own) {
      const size = new TextEncoder().encode(JSON.stringify(one.event)).length + EXTRA_BYTES;
      if (bytes + size > BODY_BYTES_MAX || batches.at(-1)!.length === BATCH_MAX) {
        batches.push([]);
        bytes = EXTRA_BYTES;
      }
      batches.at(-1)!.push(one);
      bytes += size;
    }
    return batches;
  });
}

/**
 * Events with their times on the server's clock: in the order given, none in the future. `now`: on the browser's clock.
 * Without an offset they get no time, and the server's own counts.
 */
export function stampEvents(
  unsent: readonly UnsentEvent[],
  now: number,
  offset: ClockOffset | undefined,
): EventInput[] {
  if (offset === undefined) return unsent.map(({ event }) => event);
  const middleMs = (offset.minMs + offset.maxMs) / 2;
  let next = now + offset.minMs + 1;
  return unsent
    .toReversed()
    .map(({ event, createdAt }) => {
      next = Math.floor(Math.min(createdAt + middleMs, next - 1));
      return { ...event, timestamp: next };
    })
    .reverse();
}
