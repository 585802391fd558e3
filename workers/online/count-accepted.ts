// Counts accepted events by hour. An isolate keeps its counts for a few seconds and then adds them to D1; if it dies,
// these are lost.

import { addAcceptedCounts, hourOf } from '../storage/event-counts.ts';

const FLUSH_AFTER_MS = 5_000;
/** A flush that has not come by then died with its request. */
const FLUSH_LOST_MS = 60_000;

const counts = new Map<number, number>();
let flushPlannedAt = Number.NEGATIVE_INFINITY;

/** Never throws; nothing waits for it. */
export function countAccepted(
  db: D1Database,
  waitUntil: (promise: Promise<unknown>) => void,
  events: number,
  now = Date.now(),
): void {
  if (events === 0) return;
  add(hourOf(now), events);
  if (now - flushPlannedAt < FLUSH_LOST_MS) return;
  flushPlannedAt = now;
  waitUntil(new Promise((resolve) => setTimeout(resolve, FLUSH_AFTER_MS)).then(() => flushAccepted(db)));
}

/** Adds the counts to D1; keeps them if that fails. */
export async function flushAccepted(db: D1Database): Promise<void> {
  flushPlannedAt = Number.NEGATIVE_INFINITY;
  const flushed = new Map(counts);
  counts.clear();
  if (flushed.size === 0) return;
  try {
    await addAcceptedCounts(db, flushed);
  } catch (error) {
    for (const [hour, events] of flushed) add(hour, events);
    console.error(JSON.stringify({ alert: 'accepted events not counted yet', error: (error as Error).message }));
  }
}

const add = (hour: number, events: number): void => void counts.set(hour, (counts.get(hour) ?? 0) + events);
