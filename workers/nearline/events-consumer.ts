// Carries queued events into the log. A message is acknowledged only after its events are written; what cannot be read
// is stored as a dead letter, and what cannot be written is tried again, later each time.

import { PlayerEvent } from '../../models/contracts/event.ts';
import { type DeadLetter, storeDeadLetters } from '../storage/dead-letters.ts';
import { insertEvents } from '../storage/events.ts';
import { moveMergedLogs } from '../storage/users.ts';

const RETRY_DELAY_MAX_SECONDS = 300;
/** Of a dead letter: its hundred attempts are spread over four days, as long as a queue keeps it. */
const LETTER_DELAY_MAX_SECONDS = 3_600;

export const retryDelaySeconds = (attempts: number, max = RETRY_DELAY_MAX_SECONDS): number =>
  Math.min(2 ** attempts, max);

/** The consumer of the queue `events`: each message holds the events of one request, or part of them. */
export async function consumeEvents(batch: MessageBatch<unknown>, db: D1Database): Promise<void> {
  const events: PlayerEvent[] = [];
  const letters: DeadLetter[] = [];
  for (const message of batch.messages) {
    const bodies = Array.isArray(message.body) ? message.body : [message.body];
    bodies.forEach((body, place) => {
      const parsed = PlayerEvent.safeParse(body);
      if (parsed.success) events.push(parsed.data);
      else letters.push(deadLetter(`${message.id}-${place}`, body, `not an event: ${parsed.error.issues[0]?.message}`));
    });
  }
  try {
    await insertEvents(db, events);
    // After writing, not before: a guest may become a player in between.
    await moveMergedLogs(db, [...new Set(events.map(({ userId }) => userId))]);
    if (letters.length > 0) await storeAlerting(db, letters);
    batch.ackAll();
  } catch (error) {
    console.error(
      JSON.stringify({ alert: 'events not written', events: events.length, error: (error as Error).message }),
    );
    for (const message of batch.messages) message.retry({ delaySeconds: retryDelaySeconds(message.attempts) });
  }
}

/** The consumer of a dead-letter queue: what failed too often is stored whole. */
export async function consumeDeadLetters(
  batch: MessageBatch<unknown>,
  db: D1Database,
  reason = 'failed too often',
): Promise<void> {
  try {
    await storeAlerting(
      db,
      batch.messages.map((message) => deadLetter(message.id, message.body, reason)),
    );
    batch.ackAll();
  } catch {
    for (const message of batch.messages)
      message.retry({ delaySeconds: retryDelaySeconds(message.attempts, LETTER_DELAY_MAX_SECONDS) });
  }
}

export const deadLetter = (id: string, body: unknown, reason: string): DeadLetter => ({
  id,
  body: JSON.stringify(body) ?? 'undefined',
  reason,
  receivedAt: Date.now(),
});

export async function storeAlerting(db: D1Database, letters: readonly DeadLetter[]): Promise<void> {
  await storeDeadLetters(db, letters);
  console.error(JSON.stringify({ alert: 'dead letters stored', count: letters.length, reason: letters[0]?.reason }));
}
