// Compares a player's outbox with the log: events that the log has leave the outbox, the others are queued again. It
// decides nothing about when: that is schedule.ts.

import { PlayerEvent, type RoutedEvent } from '../../models/contracts/event.ts';
import type { DeadLetter } from '../storage/dead-letters.ts';
import { findErasedEvents, findLoggedIds } from '../storage/events.ts';
import { getLogShard, type LogShards } from '../storage/log-shards.ts';
import { storeDeadLettersWithAlert } from './dead-letters-consumer.ts';
import type { Outbox, UnloggedRow } from './outbox.ts';

/** A younger event is not missing yet: it is probably still in the queue. */
const MISSING_AFTER_MS = 20_000;
/**
 * Ages at which an event is resent first; then once an hour, because a queue with a backlog still holds all earlier
 * copies.
 */
const RESEND_AGES_MS = [MISSING_AFTER_MS, 80_000, 320_000, 1_280_000];
const RESEND_INTERVAL_MS = 3_600_000;
const EVENTS_PER_PAGE = 500;
/** A message is limited to 128 KB and a call to 256 KB; an event with a merged id is below 4 KB. */
const EVENTS_PER_MESSAGE = 30;
const EVENTS_PER_CALL = 60;

export interface LogStores {
  /** Stores dead letters and reports. */
  db: D1Database;
  shards: LogShards;
  queue: Queue<RoutedEvent[]>;
}

interface UnloggedEvent {
  row: UnloggedRow;
  event: PlayerEvent;
}

/**
 * Returns the number of missing events. They stay, and are queued again at intervals that grow with their age. A row
 * that is not an event becomes a dead letter; `name`, the outbox's, is part of its id. Each event is looked up in its
 * own database. Throws if D1 or the queue fails; the outbox then keeps all events that were not found in the log.
 */
export async function reconcileLog(outbox: Outbox, stores: LogStores, now: number, name: string): Promise<number> {
  let missing = 0;
  let row = 0;
  for (;;) {
    const page = outbox.readPage(row, EVENTS_PER_PAGE);
    missing += await reconcilePage(page, outbox, stores, now, name);
    if (page.length < EVENTS_PER_PAGE) return missing;
    row = page.at(-1)!.row;
  }
}

async function reconcilePage(
  page: readonly UnloggedRow[],
  outbox: Outbox,
  { db, shards, queue }: LogStores,
  now: number,
  name: string,
): Promise<number> {
  const { unlogged, unloggable } = parsePage(page);
  await setAside(db, outbox, name, unloggable, 'in the outbox, but not an event');
  const missing: UnloggedEvent[] = [];
  for (const [shard, routed] of Map.groupBy(unlogged, ({ row }) => row.shard)) {
    const events = routed.map(({ event }) => event);
    const settled = await findSettled(getLogShard(shards, shard), events, now);
    outbox.delete(routed.filter(({ event }) => settled.has(event.id)).map(({ row }) => row));
    missing.push(...routed.filter(({ event }) => !settled.has(event.id) && isMissing(event, now)));
  }
  const resent = missing.filter(({ row }) => isResendDue(row, now));
  for (let from = 0; from < resent.length; from += EVENTS_PER_CALL) {
    const portion = resent.slice(from, from + EVENTS_PER_CALL);
    await queue.sendBatch(cutMessages(portion.map(({ row, event }) => ({ ...event, shard: row.shard }))));
    outbox.countResend(portion.map(({ row }) => row));
  }
  return missing.length;
}

function isResendDue({ receivedAt, resends }: UnloggedRow, now: number): boolean {
  const hours = Math.max(0, resends - RESEND_AGES_MS.length + 1);
  return now - receivedAt >= RESEND_AGES_MS[resends - hours]! + hours * RESEND_INTERVAL_MS;
}

const isMissing = ({ receivedAt }: PlayerEvent, now: number): boolean => now - receivedAt >= MISSING_AFTER_MS;

/** Ids of the events that the log has, or will never take because the player was erased. All are of one user. */
async function findSettled(db: D1Database, events: readonly PlayerEvent[], now: number): Promise<Set<string>> {
  const [first] = events;
  if (first === undefined) return new Set();
  const ids = events.map(({ id }) => id);
  const settled = await findLoggedIds(db, first.userId, ids);
  const missing = events.filter((event) => !settled.has(event.id) && isMissing(event, now));
  // Rarely asked: the queue usually delivers.
  if (missing.length > 0) for (const { id } of await findErasedEvents(db, first.userId, missing)) settled.add(id);
  return settled;
}

/** The rows with their events, and those that hold none: an earlier version may have stored them. */
function parsePage(page: readonly UnloggedRow[]): {
  unlogged: UnloggedEvent[];
  unloggable: UnloggedRow[];
} {
  const unlogged: UnloggedEvent[] = [];
  const unloggable: UnloggedRow[] = [];
  for (const row of page) {
    const parsed = PlayerEvent.safeParse(JSON.parse(row.body));
    if (parsed.success) unlogged.push({ row, event: parsed.data });
    else unloggable.push(row);
  }
  return { unlogged, unloggable };
}

function cutMessages(events: readonly RoutedEvent[]): { body: RoutedEvent[] }[] {
  const messages: { body: RoutedEvent[] }[] = [];
  for (let from = 0; from < events.length; from += EVENTS_PER_MESSAGE)
    messages.push({ body: events.slice(from, from + EVENTS_PER_MESSAGE) });
  return messages;
}

/** Stores the rows as dead letters; only then they leave the outbox. */
async function setAside(
  db: D1Database,
  outbox: Outbox,
  name: string,
  rows: readonly UnloggedRow[],
  reason: string,
): Promise<void> {
  if (rows.length === 0) return;
  const letters = rows.map(
    ({ row, body }): DeadLetter => ({
      ...{ id: `unlogged-${name}-${row}`, queue: 'events', body, reason },
      receivedAt: Date.now(),
    }),
  );
  await storeDeadLettersWithAlert(db, letters);
  outbox.delete(rows);
}
