// Writes queued events to the log. Messages are acknowledged after their events are written; invalid events become dead
// letters; failed writes are retried with exponential delay.

import { RoutedEvent } from '../../models/contracts/event.ts';
import { listRequestIds, logError } from '../logging/log.ts';
import type { DeadLetter } from '../storage/dead-letters.ts';
import { insertCountedEvents } from '../storage/events.ts';
import { getLogShard, type LogShards } from '../storage/log-shards.ts';
import { type OpenedMessage, openReplays } from '../storage/replays.ts';
import { seedShard } from '../storage/seed-shard.ts';
import { readHotDays } from '../storage/settings.ts';
import { followMerges, moveMergedLogs } from '../storage/users.ts';
import { storeDeadLettersWithAlert, toDeadLetter } from './dead-letters-consumer.ts';
import { type EventMessage, settleReplayedEvents } from './replayed-events.ts';
import { retryDelaySeconds } from './retry-delay.ts';

const DAY_MS = 86_400_000;

/**
 * Consumes the queue `events`: each message contains events of one or more requests. Each event goes to the database
 * chosen for it; a failing database does not stop the messages of the others.
 */
export async function consumeEvents(
  batch: MessageBatch<unknown>,
  { DB, LOG_HOT_DAYS }: Pick<Env, 'DB' | 'LOG_HOT_DAYS'>,
  shards: LogShards,
): Promise<void> {
  let messages: EventMessage[];
  try {
    messages = (await openReplays(DB, batch.messages)).map((opened) => parseMessage(opened, LOG_HOT_DAYS));
  } catch (error) {
    logError('dead letters not replayed', { error: (error as Error).message });
    return retryAll(batch.messages);
  }
  const failures = new Set<number>();
  const byShard = Map.groupBy(
    messages.flatMap(({ events }) => events),
    ({ shard }) => shard,
  );
  await Promise.all(
    Array.from(byShard, ([shard, events]) =>
      writeEvents(DB, shards, shard, events).catch((error: Error) => {
        failures.add(shard);
        logError('events not written', {
          shard,
          ...listRequestIds(events),
          events: events.length,
          error: error.message,
        });
      }),
    ),
  );
  const written = messages.filter(({ events }) => events.every(({ shard }) => !failures.has(shard)));
  const settled = (await storeRestOf(DB, written)) ? new Set(written) : new Set(written.filter(isComplete));
  retryAll(messages.filter((one) => !settled.has(one)).map(({ message }) => message));
  for (const { message } of settled) message.ack();
}

function retryAll(messages: readonly Message<unknown>[]): void {
  for (const message of messages) message.retry({ delaySeconds: retryDelaySeconds(message.attempts) });
}

/**
 * Leaves out events of a letter that may have left D1: their objects have sent them again until the log had them, and
 * the log would no longer recognise them.
 */
function parseMessage({ message, body, letter }: OpenedMessage, hotDays: string): EventMessage {
  const events: RoutedEvent[] = [];
  const invalid: EventMessage['invalid'] = [];
  const bodies = Array.isArray(body) ? body : [body];
  const oldest = letter === undefined ? undefined : Date.now() - readHotDays(hotDays) * DAY_MS;
  bodies.forEach((one, index) => {
    const parsed = RoutedEvent.safeParse(one);
    if (!parsed.success) invalid.push({ index, body: one, reason: `not an event: ${parsed.error.issues[0]?.message}` });
    else if (oldest === undefined || parsed.data.receivedAt > oldest) events.push(parsed.data);
  });
  return { message, events, invalid, ...(letter && { letter }) };
}

/** Writes a merged guest’s events as the player’s at once: a roll-up would count an event under two ids twice. */
async function writeEvents(
  db: D1Database,
  shards: LogShards,
  shard: number,
  events: readonly RoutedEvent[],
): Promise<void> {
  const database = getLogShard(shards, shard);
  await seedShard(db, database);
  const userIds = [...new Set(events.map(({ userId }) => userId))];
  const ownEvents = await followMerges(db, events);
  // Before, so that the player's log includes the guest's; and after, because a guest may be merged meanwhile.
  if (ownEvents !== events) await moveMergedLogs(db, [database], userIds);
  await insertCountedEvents(database, ownEvents);
  await moveMergedLogs(db, [database], userIds);
}

/** True if nothing is left to do once the events are written. */
const isComplete = ({ letter, invalid }: EventMessage): boolean => letter === undefined && invalid.length === 0;

/** Stores invalid events as dead letters, and settles replayed ones. False if that failed. */
async function storeRestOf(db: D1Database, messages: readonly EventMessage[]): Promise<boolean> {
  const letters = messages.flatMap(({ message, letter, invalid }): DeadLetter[] =>
    letter === undefined
      ? invalid.map(({ index, body, reason }) => toDeadLetter(`${message.id}-${index}`, 'events', body, reason))
      : [],
  );
  try {
    if (letters.length > 0) await storeDeadLettersWithAlert(db, letters);
    await settleReplayedEvents(db, messages);
    return true;
  } catch (error) {
    logError('dead letters not stored', { count: letters.length, error: (error as Error).message });
    return false;
  }
}
