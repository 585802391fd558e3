// Writes queued events to the log. Messages are acknowledged after their events are written; invalid events become dead
// letters; failed writes are retried with exponential delay.

import { RoutedEvent } from '../../models/contracts/event.ts';
import { type DeadLetter, storeDeadLetters } from '../storage/dead-letters.ts';
import { insertCountedEvents } from '../storage/events.ts';
import { getLogShard, type LogShards } from '../storage/log-shards.ts';
import { seedShard } from '../storage/seed-shard.ts';
import { followMerges, moveMergedLogs } from '../storage/users.ts';

const RETRY_DELAY_MAX_SECONDS = 300;
/** For dead letters: a hundred attempts spread over four days, the retention of a queue. */
const DEAD_LETTER_DELAY_MAX_SECONDS = 3_600;

export const retryDelaySeconds = (attempts: number, max = RETRY_DELAY_MAX_SECONDS): number =>
  Math.min(2 ** attempts, max);

interface EventMessage {
  message: Message<unknown>;
  events: RoutedEvent[];
  deadLetters: DeadLetter[];
}

/**
 * Consumes the queue `events`: each message contains the events of one request, or a part of them. Each event goes to
 * the database chosen for it; a failing database does not stop the messages of the others.
 */
export async function consumeEvents(batch: MessageBatch<unknown>, db: D1Database, shards: LogShards): Promise<void> {
  const messages = batch.messages.map(parseMessage);
  const failures = new Map<number, Error>();
  const byShard = Map.groupBy(
    messages.flatMap(({ events }) => events),
    ({ shard }) => shard,
  );
  await Promise.all(
    Array.from(byShard, ([shard, events]) =>
      writeEvents(db, shards, shard, events).catch((error: Error) => {
        failures.set(shard, error);
        console.error(
          JSON.stringify({ alert: 'events not written', shard, events: events.length, error: error.message }),
        );
      }),
    ),
  );
  const written = messages.filter(({ events }) => events.every(({ shard }) => !failures.has(shard)));
  const settled = (await storeLettersOf(db, written)) ? new Set(written) : new Set(written.filter(hasNoLetters));
  for (const eventMessage of messages) {
    const { message } = eventMessage;
    if (settled.has(eventMessage)) message.ack();
    else message.retry({ delaySeconds: retryDelaySeconds(message.attempts) });
  }
}

function parseMessage(message: Message<unknown>): EventMessage {
  const events: RoutedEvent[] = [];
  const deadLetters: DeadLetter[] = [];
  const bodies = Array.isArray(message.body) ? message.body : [message.body];
  bodies.forEach((body, index) => {
    const parsed = RoutedEvent.safeParse(body);
    if (parsed.success) events.push(parsed.data);
    else
      deadLetters.push(
        toDeadLetter(`${message.id}-${index}`, body, `not an event: ${parsed.error.issues[0]?.message}`),
      );
  });
  return { message, events, deadLetters };
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

const hasNoLetters = ({ deadLetters }: EventMessage): boolean => deadLetters.length === 0;

/** False if they could not be stored. */
async function storeLettersOf(db: D1Database, messages: readonly EventMessage[]): Promise<boolean> {
  const letters = messages.flatMap(({ deadLetters }) => deadLetters);
  if (letters.length === 0) return true;
  try {
    await storeDeadLettersWithAlert(db, letters);
    return true;
  } catch (error) {
    console.error(
      JSON.stringify({ alert: 'dead letters not stored', count: letters.length, error: (error as Error).message }),
    );
    return false;
  }
}

/** Consumes a dead-letter queue: stores each message whole. */
export async function consumeDeadLetters(
  batch: MessageBatch<unknown>,
  db: D1Database,
  reason = 'failed too often',
): Promise<void> {
  try {
    await storeDeadLettersWithAlert(
      db,
      batch.messages.map((message) => toDeadLetter(message.id, message.body, reason)),
    );
    batch.ackAll();
  } catch {
    for (const message of batch.messages)
      message.retry({ delaySeconds: retryDelaySeconds(message.attempts, DEAD_LETTER_DELAY_MAX_SECONDS) });
  }
}

export const toDeadLetter = (id: string, body: unknown, reason: string): DeadLetter => ({
  id,
  body: JSON.stringify(body) ?? 'undefined',
  reason,
  receivedAt: Date.now(),
});

export async function storeDeadLettersWithAlert(db: D1Database, deadLetters: readonly DeadLetter[]): Promise<void> {
  const count = await storeDeadLetters(db, deadLetters);
  if (count > 0) console.error(JSON.stringify({ alert: 'dead letters stored', count, reason: deadLetters[0]?.reason }));
}
