// Carries queued slates into the log. A message is acknowledged only after its slate is written; what is no slate is
// stored as a dead letter, and what cannot be written is tried again, later each time.

import { Slate } from '../../models/contracts/slate.ts';
import type { DeadLetter } from '../storage/dead-letters.ts';
import { insertSlates } from '../storage/slates.ts';
import { deadLetter, retryDelaySeconds, storeAlerting } from './events-consumer.ts';

/** The consumer of the queue `slates`: a slate a message. */
export async function consumeSlates(batch: MessageBatch<unknown>, db: D1Database): Promise<void> {
  const slates: Slate[] = [];
  const letters: DeadLetter[] = [];
  for (const { id, body } of batch.messages) {
    const parsed = Slate.safeParse(body);
    if (parsed.success) slates.push(parsed.data);
    else letters.push(deadLetter(id, body, `not a slate: ${parsed.error.issues[0]?.message}`));
  }
  try {
    await insertSlates(db, slates);
    if (letters.length > 0) await storeAlerting(db, letters);
    batch.ackAll();
  } catch (error) {
    console.error(
      JSON.stringify({ alert: 'slates not written', slates: slates.length, error: (error as Error).message }),
    );
    for (const message of batch.messages) message.retry({ delaySeconds: retryDelaySeconds(message.attempts) });
  }
}
