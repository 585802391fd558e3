// Writes queued slates to the log, or a sample of them, and counts answers. Messages are acknowledged after both;
// invalid ones become dead letters; failed writes are retried with exponential delay.

import { type RecordedAnswer, SlateMessage } from '../../models/contracts/slate.ts';
import { listRequestIds, logError } from '../logging/log.ts';
import { readErasedAt } from '../storage/erased-users.ts';
import { openReplays, returnLetter } from '../storage/replays.ts';
import { readSlateBytesPerDay } from '../storage/settings.ts';
import { logAnswers, type ReceivedAnswers } from '../storage/slates.ts';
import { listAnswers } from '../storage/split-message.ts';
import { storeDeadLettersWithAlert, toDeadLetter } from './dead-letters-consumer.ts';
import { retryDelaySeconds } from './retry-delay.ts';

/** Consumes the queue `slates`: each message has answers, counts, or both. */
export async function consumeSlates(
  batch: MessageBatch<unknown>,
  { DB, BUCKET, SLATE_MB_PER_DAY }: Pick<Env, 'DB' | 'BUCKET' | 'SLATE_MB_PER_DAY'>,
): Promise<void> {
  try {
    const { received, invalid } = await parseMessages(DB, batch.messages);
    const messages = await leaveOutErased(DB, received);
    await logAnswers(DB, BUCKET, messages, readSlateBytesPerDay(SLATE_MB_PER_DAY), Date.now());
    // At once: a message that is counted must not become a dead letter because of others.
    for (const { message } of received) message.ack();
    await storeInvalid(DB, invalid);
    for (const { message } of invalid) message.ack();
  } catch (error) {
    const { length: messages } = batch.messages;
    logError('slates not written', {
      ...listRequestIds(batch.messages.flatMap(({ body }) => listAnswers(body))),
      messages,
      error: (error as Error).message,
    });
    // Has no effect on those that are acknowledged.
    for (const message of batch.messages) message.retry({ delaySeconds: retryDelaySeconds(message.attempts) });
  }
}

interface InvalidMessage {
  message: Message<unknown>;
  body: unknown;
  letterId: string | undefined;
  reason: string;
}

/** A replayed letter is counted under its own id, as sent when it was received. */
async function parseMessages(
  db: D1Database,
  messages: readonly Message<unknown>[],
): Promise<{ received: (ReceivedAnswers & { message: Message<unknown> })[]; invalid: InvalidMessage[] }> {
  const received: (ReceivedAnswers & { message: Message<unknown> })[] = [];
  const invalid: InvalidMessage[] = [];
  for (const { message, body, letter } of await openReplays(db, messages)) {
    const parsed = SlateMessage.safeParse(body);
    const { id, timestamp, attempts } = message;
    if (!parsed.success)
      invalid.push({
        ...{ message, body, letterId: letter?.id },
        reason: `not a slate: ${parsed.error.issues[0]?.message}`,
      });
    else if (letter === undefined)
      received.push({ ...parsed.data, message, id, sentAt: timestamp.getTime(), attempts, isReplay: false });
    else
      received.push({ ...parsed.data, message, id: letter.id, sentAt: letter.receivedAt, attempts: 2, isReplay: true });
  }
  return { received, invalid };
}

async function storeInvalid(db: D1Database, invalid: readonly InvalidMessage[]): Promise<void> {
  const letters = invalid.flatMap(({ message, body, letterId, reason }) =>
    letterId === undefined ? [toDeadLetter(message.id, 'slates', body, reason)] : [],
  );
  if (letters.length > 0) await storeDeadLettersWithAlert(db, letters);
  for (const { letterId, reason } of invalid) if (letterId !== undefined) await returnLetter(db, letterId, reason);
}

/** Removes slates and exposures of players who were erased since; their answers are counted, which names nobody. */
async function leaveOutErased<Received extends ReceivedAnswers>(
  db: D1Database,
  received: readonly Received[],
): Promise<Received[]> {
  const all = received.flatMap(({ answers }) => answers);
  const erasedAt = await readErasedAt(
    db,
    all.flatMap(({ slate, exposures = [] }) => [slate, ...exposures].flatMap((one) => one?.userId ?? [])),
  );
  const isErased = (userId: string, at: number) => at <= (erasedAt.get(userId) ?? Number.NEGATIVE_INFINITY);
  const leaveOut = ({ slate, exposures, ...answer }: RecordedAnswer): RecordedAnswer => ({
    ...answer,
    slate: slate !== null && isErased(slate.userId, slate.shownAt) ? null : slate,
    ...(exposures && { exposures: exposures.filter(({ userId, at }) => !isErased(userId, at)) }),
  });
  return received.map((message) => ({ ...message, answers: message.answers.map(leaveOut) }));
}
