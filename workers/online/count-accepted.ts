// Counts accepted events by hour. The counts leave the isolate with its next slate (record-answer.ts); without slates
// they leave in a message of their own after some seconds. An isolate that dies loses those it still has.

import type { AcceptedCount, SlateMessage } from '../../models/contracts/slate.ts';
import { addAcceptedCounts, hourOf } from '../storage/event-counts.ts';

const SEND_AFTER_MS = 5_000;
/** A message that has not been sent by then died with its request. */
const SEND_LOST_MS = 60_000;

const counts = new Map<number, number>();
let sendPlannedAt = Number.NEGATIVE_INFINITY;

/** Never throws; nothing waits for it. */
export function countAccepted(
  queue: Pick<Queue<SlateMessage>, 'send'>,
  waitUntil: (promise: Promise<unknown>) => void,
  events: number,
  now = Date.now(),
): void {
  if (events === 0) return;
  returnAccepted([{ hour: hourOf(now), events }]);
  if (now - sendPlannedAt < SEND_LOST_MS) return;
  sendPlannedAt = now;
  waitUntil(new Promise((resolve) => setTimeout(resolve, SEND_AFTER_MS)).then(() => sendAccepted(queue)));
}

/** Takes the counts, to be sent. */
export function takeAccepted(): AcceptedCount[] {
  const taken = Array.from(counts, ([hour, events]) => ({ hour, events }));
  counts.clear();
  return taken;
}

/** Adds counts; those that were taken too, if they could not be sent. */
export function returnAccepted(accepted: readonly AcceptedCount[]): void {
  for (const { hour, events } of accepted) counts.set(hour, (counts.get(hour) ?? 0) + events);
}

/** Adds the counts to D1 at once, for an operator who asks; keeps them if that fails. */
export const flushAccepted = (db: D1Database): Promise<void> => pass((accepted) => addAcceptedCounts(db, accepted));

function sendAccepted(queue: Pick<Queue<SlateMessage>, 'send'>): Promise<void> {
  sendPlannedAt = Number.NEGATIVE_INFINITY;
  return pass((accepted) => queue.send({ slate: null, answers: [], accepted }));
}

async function pass(write: (accepted: AcceptedCount[]) => Promise<unknown>): Promise<void> {
  const accepted = takeAccepted();
  if (accepted.length === 0) return;
  try {
    await write(accepted);
  } catch (error) {
    returnAccepted(accepted);
    console.error(JSON.stringify({ alert: 'accepted events not counted yet', error: (error as Error).message }));
  }
}
