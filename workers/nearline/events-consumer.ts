// Writes queued events to the log. Messages are acknowledged after their events are written; invalid events become dead
// letters; failed writes are retried with exponential delay.

import { PlayerEvent } from '../../models/contracts/event.ts';
import { type DeadLetter, storeDeadLetters } from '../storage/dead-letters.ts';
import { insertCountedEvents } from '../storage/events.ts';
import { followMerges, moveMergedLogs } from '../storage/users.ts';

const RETRY_DELAY_MAX_SECONDS = 300;
/** For dead letters: a hundred attempts spread over four days, the retention of a queue. */
const DEAD_LETTER_DELAY_MAX_SECONDS = 3_600;

export const retryDelaySeconds = (attempts: number, max = RETRY_DELAY_MAX_SECONDS): number =>
  Math.min(2 ** attempts, max);

/** Consumes the queue `events`: each message contains the events of one request, or a part of them. */
export async function consumeEvents(batch: MessageBatch<unknown>, db: D1Database): Promise<void> {
  const events: PlayerEvent[] = [];
  const deadLetters: DeadLetter[] = [];
  for (const message of batch.messages) {
    const bodies = Array.isArray(message.body) ? message.body : [message.body];
    bodies.forEach((body, index) => {
      const parsed = PlayerEvent.safeParse(body);
      if (parsed.success) events.push(parsed.data);
      else
        deadLetters.push(
          toDeadLetter(`${message.id}-${index}`, body, `not an event: ${parsed.error.issues[0]?.message}`),
        );
    });
  }
  try {
    await writeEvents(db, events);
    if (deadLetters.length > 0) await storeDeadLettersWithAlert(db, deadLetters);
    batch.ackAll();
  } catch (error) {
    console.error(
      JSON.stringify({ alert: 'events not written', events: events.length, error: (error as Error).message }),
    );
    for (const message of batch.messages) message.retry({ delaySeconds: retryDelaySeconds(message.attempts) });
  }
}

/** A merged guest’s event is its player’s from the start: a roll-up would count two ids twice. */
async function writeEvents(db: D1Database, events: readonly PlayerEvent[]): Promise<void> {
  const userIds = [...new Set(events.map(({ userId }) => userId))];
  // Before, so that the player's log has what the guest's has, and after, since a guest may be merged meanwhile.
  await moveMergedLogs(db, userIds);
  await insertCountedEvents(db, await followMerges(db, events));
  await moveMergedLogs(db, userIds);
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
