// Writes queued slates to the log, or a sample of them. Messages are acknowledged after their slates are written;
// invalid ones become dead letters; failed writes are retried with exponential delay.

import { Slate } from '../../models/contracts/slate.ts';
import type { DeadLetter } from '../storage/dead-letters.ts';
import { readErasedAt } from '../storage/erased-users.ts';
import { readSlateBytesPerDay } from '../storage/settings.ts';
import { logSlates } from '../storage/slates.ts';
import { retryDelaySeconds, storeDeadLettersWithAlert, toDeadLetter } from './events-consumer.ts';

/** Consumes the queue `slates`: one slate per message. */
export async function consumeSlates(
  batch: MessageBatch<unknown>,
  { DB, BUCKET, SLATE_MB_PER_DAY }: Pick<Env, 'DB' | 'BUCKET' | 'SLATE_MB_PER_DAY'>,
): Promise<void> {
  const slates: Slate[] = [];
  const deadLetters: DeadLetter[] = [];
  for (const { id, body } of batch.messages) {
    const parsed = Slate.safeParse(body);
    if (parsed.success) slates.push(parsed.data);
    else deadLetters.push(toDeadLetter(id, body, `not a slate: ${parsed.error.issues[0]?.message}`));
  }
  try {
    const erasedAt = await readErasedAt(
      DB,
      slates.map(({ userId }) => userId),
    );
    const own = slates.filter(({ userId, shownAt }) => shownAt > (erasedAt.get(userId) ?? Number.NEGATIVE_INFINITY));
    await logSlates(DB, BUCKET, own, readSlateBytesPerDay(SLATE_MB_PER_DAY), Date.now());
    if (deadLetters.length > 0) await storeDeadLettersWithAlert(DB, deadLetters);
    batch.ackAll();
  } catch (error) {
    console.error(
      JSON.stringify({ alert: 'slates not written', slates: slates.length, error: (error as Error).message }),
    );
    for (const message of batch.messages) message.retry({ delaySeconds: retryDelaySeconds(message.attempts) });
  }
}
