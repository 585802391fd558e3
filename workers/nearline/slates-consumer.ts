// Writes queued slates to the log, or a sample of them, and counts answers. Messages are acknowledged after both;
// invalid ones become dead letters; failed writes are retried with exponential delay.

import { type Slate, SlateMessage } from '../../models/contracts/slate.ts';
import type { DeadLetter } from '../storage/dead-letters.ts';
import { readErasedAt } from '../storage/erased-users.ts';
import { readSlateBytesPerDay } from '../storage/settings.ts';
import { logAnswers, type ReceivedAnswers } from '../storage/slates.ts';
import { retryDelaySeconds, storeDeadLettersWithAlert, toDeadLetter } from './events-consumer.ts';

/** Consumes the queue `slates`: each message has a slate, counts of answers, or both. */
export async function consumeSlates(
  batch: MessageBatch<unknown>,
  { DB, BUCKET, SLATE_MB_PER_DAY }: Pick<Env, 'DB' | 'BUCKET' | 'SLATE_MB_PER_DAY'>,
): Promise<void> {
  const received: ReceivedAnswers[] = [];
  const deadLetters: DeadLetter[] = [];
  for (const { id, timestamp, attempts, body } of batch.messages) {
    const parsed = SlateMessage.safeParse(body);
    if (parsed.success) received.push({ ...parsed.data, id, sentAt: timestamp.getTime(), attempts });
    else deadLetters.push(toDeadLetter(id, body, `not a slate: ${parsed.error.issues[0]?.message}`));
  }
  try {
    const messages = await leaveOutErased(DB, received);
    await logAnswers(DB, BUCKET, messages, readSlateBytesPerDay(SLATE_MB_PER_DAY), Date.now());
    if (deadLetters.length > 0) await storeDeadLettersWithAlert(DB, deadLetters);
    batch.ackAll();
  } catch (error) {
    console.error(
      JSON.stringify({ alert: 'slates not written', messages: received.length, error: (error as Error).message }),
    );
    for (const message of batch.messages) message.retry({ delaySeconds: retryDelaySeconds(message.attempts) });
  }
}

/** Removes the slates of players who were erased since; their answers are counted, which names nobody. */
async function leaveOutErased(db: D1Database, received: readonly ReceivedAnswers[]): Promise<ReceivedAnswers[]> {
  const erasedAt = await readErasedAt(
    db,
    received.flatMap(({ slate }) => slate?.userId ?? []),
  );
  const isErased = ({ userId, shownAt }: Slate) => shownAt <= (erasedAt.get(userId) ?? Number.NEGATIVE_INFINITY);
  return received.map((message) =>
    message.slate !== null && isErased(message.slate) ? { ...message, slate: null } : message,
  );
}
