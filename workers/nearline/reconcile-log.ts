// Compares a player's outbox with the log: events that the log has leave the outbox; the others are queued again as
// they grow older. It runs nothing by itself: that is schedule.ts.

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
/** A row has a hundred events at most; the ids of a page are one parameter of a query, which is limited to 2 MB. */
const ROWS_PER_PAGE = 20;
/** A message is limited to 128 KB and a call to 256 KB; an event with a merged id is below 4 KB. */
const EVENTS_PER_MESSAGE = 30;
const EVENTS_PER_CALL = 60;

export interface LogStores {
  /** Stores dead letters and reports. */
  db: D1Database;
  shards: LogShards;
  queue: Queue<RoutedEvent[]>;
}

/**
 * Returns the number of rows that were queued again. They stay, as do all missing events. What is not an event becomes
 * a dead letter; `name`, the outbox's, is part of its id. Each event is looked up in its own database. Throws if D1 or
 * the queue fails; the outbox then keeps all events that were not found in the log.
 */
export async function reconcileLog(outbox: Outbox, stores: LogStores, now: number, name: string): Promise<number> {
  let resent = 0;
  let row = 0;
  for (;;) {
    const page = outbox.readPage(row, ROWS_PER_PAGE);
    resent += await reconcilePage(page, outbox, stores, now, name);
    if (page.length < ROWS_PER_PAGE) return resent;
    row = page.at(-1)!.row;
  }
}

/** Time at which the next row is to be queued again, epoch milliseconds; infinite if the outbox is empty. */
export const findNextResend = (outbox: Outbox): number => Math.min(...outbox.listOldest().map(resendDueAt));

async function reconcilePage(
  page: readonly UnloggedRow[],
  outbox: Outbox,
  { db, shards, queue }: LogStores,
  now: number,
  name: string,
): Promise<number> {
  const rows = await setAsideInvalid(db, outbox, name, page);
  const missing: UnloggedRow[] = [];
  for (const [shard, routed] of Map.groupBy(rows, ({ shard }) => shard)) {
    const settled = await findSettled(getLogShard(shards, shard), routed, now);
    const changed = leaveOut(routed, ({ id }) => settled.has(id));
    outbox.replace([...changed.values()]);
    missing.push(...routed.map((row) => changed.get(row) ?? row).filter((row) => isMissing(row, now)));
  }
  const resent = missing.filter((row) => resendDueAt(row) <= now);
  const events = resent.flatMap(({ events, shard }) => events.map((event) => ({ ...event, shard })));
  for (let from = 0; from < events.length; from += EVENTS_PER_CALL)
    await queue.sendBatch(cutMessages(events.slice(from, from + EVENTS_PER_CALL)));
  for (const row of resent) outbox.setResends(row, countResends(row, now));
  return resent.length;
}

/** The rows that lose events, without these. */
function leaveOut(rows: readonly UnloggedRow[], isOut: (event: PlayerEvent) => boolean): Map<UnloggedRow, UnloggedRow> {
  const changed = rows.filter(({ events }) => events.some(isOut));
  return new Map(changed.map((row) => [row, { ...row, events: row.events.filter((event) => !isOut(event)) }]));
}

function resendDueAt({ receivedAt, resends }: Pick<UnloggedRow, 'receivedAt' | 'resends'>): number {
  const hours = Math.max(0, resends - RESEND_AGES_MS.length + 1);
  return receivedAt + RESEND_AGES_MS[resends - hours]! + hours * RESEND_INTERVAL_MS;
}

/**
 * Counts the row's resends, the one just made and those that fell due while a store failed, except one: a queue that
 * has just recovered should not get a copy for each.
 */
function countResends({ receivedAt, resends }: UnloggedRow, now: number): number {
  let count = resends + 1;
  while (resendDueAt({ receivedAt, resends: count + 1 }) <= now) count++;
  return count;
}

const isMissing = ({ events, receivedAt }: UnloggedRow, now: number): boolean =>
  events.length > 0 && now - receivedAt >= MISSING_AFTER_MS;

/** Ids of the events that the log has, or will never take because the player was erased. All are of one user. */
async function findSettled(db: D1Database, rows: readonly UnloggedRow[], now: number): Promise<Set<string>> {
  const events = rows.flatMap((row) => row.events);
  const [first] = events;
  if (first === undefined) return new Set();
  const settled = await findLoggedIds(
    db,
    first.userId,
    events.map(({ id }) => id),
  );
  const missing = rows
    .filter((row) => isMissing(row, now))
    .flatMap((row) => row.events)
    .filter(({ id }) => !settled.has(id));
  // Rarely asked: the queue usually delivers.
  if (missing.length > 0) for (const { id } of await findErasedEvents(db, first.userId, missing)) settled.add(id);
  return settled;
}

function cutMessages(events: readonly RoutedEvent[]): { body: RoutedEvent[] }[] {
  const messages: { body: RoutedEvent[] }[] = [];
  for (let from = 0; from < events.length; from += EVENTS_PER_MESSAGE)
    messages.push({ body: events.slice(from, from + EVENTS_PER_MESSAGE) });
  return messages;
}

/**
 * Returns the rows without what is no event: an earlier version may have stored it. That becomes dead letters, one of
 * each row; only then it leaves the outbox.
 */
async function setAsideInvalid(
  db: D1Database,
  outbox: Outbox,
  name: string,
  page: readonly UnloggedRow[],
): Promise<readonly UnloggedRow[]> {
  const isInvalid = (event: PlayerEvent) => !PlayerEvent.safeParse(event).success;
  const changed = leaveOut(page, isInvalid);
  if (changed.size === 0) return page;
  const letters = Array.from(
    changed.keys(),
    ({ row, events }): DeadLetter => ({
      // The number of events, because a later version may find more of a row invalid.
      id: `unlogged-${name}-${row}-${events.length}`,
      queue: 'events',
      body: JSON.stringify(events.filter(isInvalid)),
      reason: 'in the outbox, but not an event',
      receivedAt: Date.now(),
    }),
  );
  await storeDeadLettersWithAlert(db, letters);
  outbox.replace([...changed.values()]);
  return page.map((row) => changed.get(row) ?? row);
}
