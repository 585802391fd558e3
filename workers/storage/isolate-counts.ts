// What this isolate has counted and not sent yet. Counts leave with the isolate's next slates (send-answers.ts), so
// that they need no message of their own; without slates they leave in one, for accepted events after some seconds, and
// for all else once a minute. An isolate that dies loses those it still has.

import { MESSAGE_COUNTS_MAX, type SlateMessage } from '../../models/contracts/slate.ts';
import type { MetricCount, SystemMetric } from '../../models/contracts/system-metrics.ts';
import { logWarning } from '../logging/log.ts';
import { hourOf } from './hour.ts';
import { addMetricCounts } from './metric-counts.ts';

type SlateQueue = Pick<Queue<SlateMessage>, 'send'>;
type WaitUntil = (promise: Promise<unknown>) => void;

const SEND_AFTER_MS = 5_000;
/** A message that has not been sent by then died with its request. */
const SEND_LOST_MS = 60_000;
const SENT_EVERY_MS = 60_000;

const counts = new Map<string, MetricCount>();
let sendPlannedAt = Number.NEGATIVE_INFINITY;
let sentAt = Number.NEGATIVE_INFINITY;

/** Adds to a counter, in the hour of `now` (epoch milliseconds). */
export function count(metric: SystemMetric, labels: Record<string, string>, amount = 1, now = Date.now()): void {
  if (amount > 0) returnCounts([{ hour: hourOf(now), metric, labels, amount }]);
}

/** Tells that a message of slates will take the counts soon: they need none of their own. */
export function planCounts(now = Date.now()): void {
  sentAt = now;
}

/** Takes counts for a message; what does not fit stays for the next. */
export function takeCounts(now = Date.now()): MetricCount[] {
  sentAt = now;
  const taken: MetricCount[] = [];
  for (const [key, one] of counts) {
    if (taken.length === MESSAGE_COUNTS_MAX) break;
    taken.push(one);
    counts.delete(key);
  }
  return taken;
}

/** Adds counts; those that were taken too, if they could not be sent. */
export function returnCounts(returned: readonly MetricCount[]): void {
  for (const one of returned) {
    const key = JSON.stringify([one.hour, one.metric, ...Object.values(one.labels), ...Object.keys(one.labels)]);
    counts.set(key, { ...one, amount: one.amount + (counts.get(key)?.amount ?? 0) });
  }
}

/** Counts accepted events, and sends the counts within seconds. Never throws; nothing waits for it. */
export function countAccepted(queue: SlateQueue, waitUntil: WaitUntil, events: number, now = Date.now()): void {
  if (events === 0) return;
  count('events-accepted', {}, events, now);
  if (now - sendPlannedAt < SEND_LOST_MS) return;
  sendPlannedAt = now;
  waitUntil(new Promise((resolve) => setTimeout(resolve, SEND_AFTER_MS)).then(() => sendPlanned(queue)));
}

function sendPlanned(queue: SlateQueue): Promise<boolean> {
  sendPlannedAt = Number.NEGATIVE_INFINITY;
  return sendCounts(queue);
}

/** Sends the counts if none have left for a minute. Never throws. */
export function sendDueCounts(queue: SlateQueue, waitUntil: WaitUntil, now = Date.now()): void {
  if (now - sentAt >= SENT_EVERY_MS) waitUntil(sendCounts(queue, now));
}

/** Adds the counts to D1 if none have left for a minute: for consumers and jobs, which write to D1 anyway. */
export async function flushDueCounts(db: D1Database, now = Date.now()): Promise<void> {
  if (now - sentAt >= SENT_EVERY_MS) await flushCounts(db);
}

const sendCounts = (queue: SlateQueue, now?: number): Promise<boolean> =>
  pass((taken) => queue.send({ answers: [], counts: taken }), now);

/** Adds the counts to D1 at once, for an operator who asks; keeps them if that fails. */
export async function flushCounts(db: D1Database): Promise<void> {
  // Not until none are left: writing them may be counted itself.
  for (let messages = Math.ceil(counts.size / MESSAGE_COUNTS_MAX); messages > 0; messages--)
    if (!(await pass((taken) => addMetricCounts(db, taken)))) return;
}

/** False if it failed. */
async function pass(write: (taken: MetricCount[]) => Promise<unknown>, now?: number): Promise<boolean> {
  const taken = takeCounts(now);
  if (taken.length === 0) return true;
  try {
    await write(taken);
    return true;
  } catch (error) {
    returnCounts(taken);
    logWarning('metrics not counted yet', { error: (error as Error).message });
    return false;
  }
}
