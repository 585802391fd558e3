// Stores whole the messages that a queue has given up on. A letter whose replay failed waits again; it is not stored
// twice.

import type { DeadLetterQueue } from '../../models/contracts/dead-letter.ts';
import { logError } from '../logging/log.ts';
import { type DeadLetter, storeDeadLetters, UNDELIVERED } from '../storage/dead-letters.ts';
import { replayedId, returnLetter } from '../storage/replays.ts';
import { retryDelaySeconds } from './retry-delay.ts';

/** A hundred attempts spread over four days, the retention of a queue. */
const DELAY_MAX_SECONDS = 3_600;

const REASONS: Record<DeadLetterQueue, string> = {
  events: 'failed too often',
  slates: 'failed too often',
  notifications: UNDELIVERED,
};

/** Consumes the dead-letter queue of a queue. */
export async function consumeDeadLetters(
  batch: MessageBatch<unknown>,
  db: D1Database,
  queue: DeadLetterQueue,
): Promise<void> {
  const reason = REASONS[queue];
  try {
    const own = batch.messages.filter(({ body }) => replayedId(body) === undefined);
    await storeDeadLettersWithAlert(
      db,
      own.map(({ id, body }) => toDeadLetter(id, queue, body, reason)),
    );
    for (const { body } of batch.messages) {
      const id = replayedId(body);
      if (id !== undefined) await returnLetter(db, id, reason);
    }
    batch.ackAll();
  } catch {
    for (const message of batch.messages)
      message.retry({ delaySeconds: retryDelaySeconds(message.attempts, DELAY_MAX_SECONDS) });
  }
}

export const toDeadLetter = (id: string, queue: DeadLetterQueue, body: unknown, reason: string): DeadLetter => ({
  id,
  queue,
  body: JSON.stringify(body) ?? 'undefined',
  reason,
  receivedAt: Date.now(),
});

export async function storeDeadLettersWithAlert(db: D1Database, deadLetters: readonly DeadLetter[]): Promise<void> {
  const count = await storeDeadLetters(db, deadLetters);
  if (count > 0) logError('dead letters stored', { count, reason: deadLetters[0]?.reason });
}
