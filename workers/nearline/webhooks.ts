// Delivers notifications to subscribers: signed, at least once, retried with growing delay, kept as dead letters in the
// end. Receivers recognise duplicates by the id. URLs are checked at subscription, not here.

import { Delivery, type Notification } from '../../models/contracts/subscription.ts';
import { logError, logWarning } from '../logging/log.ts';
import { readErasedAt } from '../storage/erased-users.ts';
import { deleteReplayed, type OpenedMessage, openReplays, returnLetter } from '../storage/replays.ts';
import { listUsersIn, splitMessage } from '../storage/split-message.ts';
import {
  type Address,
  type Attempt,
  deleteSubscription,
  readAddresses,
  recordAttempts,
  SECRET_PREFIX,
} from '../storage/subscriptions.ts';
import { storeDeadLettersWithAlert, toDeadLetter } from './dead-letters-consumer.ts';

/** Receivers should answer before they process. */
const TIMEOUT_MS = 10_000;
const FIRST_DELAY_SECONDS = 5;
const DELAY_FACTOR = 4;
const DELAY_MAX_SECONDS = 6 * 3_600;
/** Spreads the retries of receivers that failed together. */
const JITTER = 0.2;
const OUTCOME_LENGTH_MAX = 200;
const GONE = 410;
const INVALID = 'not a delivery';

/** The network, replaced in tests. */
export type Send = (url: string, init: RequestInit) => Promise<Response>;

/** The value of `webhook-signature` as Standard Webhooks defines it. `timestamp`: Unix seconds. */
export async function sign(secret: string, id: string, timestamp: number, body: string): Promise<string> {
  const bytes = Uint8Array.from(Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64'));
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const signature = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(`${id}.${timestamp}.${body}`));
  return `v1,${Buffer.from(signature).toString('base64')}`;
}

/** Consumes the queue `notifications`: one delivery per message, all of a batch in parallel. */
export async function deliverNotifications(
  batch: MessageBatch<unknown>,
  db: D1Database,
  send: Send = (url, init) => fetch(url, init),
): Promise<void> {
  const attempts: Attempt[] = [];
  const settle = async (
    { message, body, letter }: OpenedMessage,
    addresses: ReadonlyMap<string, Address>,
    erasedAt: ReadonlyMap<string, number>,
  ) => {
    const finish = async () => {
      if (letter !== undefined) await deleteReplayed(db, [letter.id]).run();
      message.ack();
    };
    const parsed = Delivery.safeParse(body);
    if (!parsed.success) {
      if (letter !== undefined) await returnLetter(db, letter.id, INVALID);
      else await storeDeadLettersWithAlert(db, [toDeadLetter(message.id, 'notifications', body, INVALID)]);
      return message.ack();
    }
    const { subscriptionId, notification } = parsed.data;
    const address = addresses.get(subscriptionId);
    const sentAt = letter?.receivedAt ?? message.timestamp.getTime();
    // The subscription was deleted, or the player erased.
    if (address === undefined || splitMessage(body, erasedAt, sentAt).own.length > 0) return finish();
    const { outcome, succeeded, retryAfterSeconds } = await deliver(address, notification, send);
    attempts.push({ subscriptionId, at: Date.now(), outcome, succeeded });
    if (succeeded) return finish();
    if (outcome !== String(GONE))
      return message.retry({ delaySeconds: delaySeconds(message.attempts, retryAfterSeconds) });
    await deleteSubscription(db, subscriptionId);
    logWarning('subscription deleted', { subscriptionId, reason: 'its receiver is gone' });
    return finish();
  };
  // If D1 fails, a delivery is delayed as if its receiver had failed: the queue's own retry would come at once.
  const postpone = (message: Message<unknown>) => (error: Error) => {
    logWarning('notification postponed', { error: error.message });
    message.retry({ delaySeconds: delaySeconds(message.attempts) });
  };
  try {
    const opened = await openReplays(db, batch.messages);
    const [addresses, erasedAt] = await Promise.all([
      readAddresses(db, [...new Set(opened.flatMap(({ body }) => subscriptionOf(body)))]),
      readErasedAt(
        db,
        opened.flatMap(({ body }) => listUsersIn(body)),
      ),
    ]);
    await Promise.all(opened.map((one) => settle(one, addresses, erasedAt).catch(postpone(one.message))));
  } catch (error) {
    for (const message of batch.messages) postpone(message)(error as Error);
  }
  // A delivery counts even if it cannot be recorded.
  await recordAttempts(db, attempts).catch((error: Error) =>
    logError('deliveries not recorded', { error: error.message }),
  );
}

const subscriptionOf = (body: unknown): string[] => {
  const { success, data } = Delivery.safeParse(body);
  return success ? [data.subscriptionId] : [];
};

interface DeliveryOutcome {
  outcome: string;
  succeeded: boolean;
  retryAfterSeconds?: number | undefined;
}

async function deliver(
  { url, secret }: Address,
  { id, ...notification }: Notification,
  send: Send,
): Promise<DeliveryOutcome> {
  const body = JSON.stringify(notification);
  const timestamp = Math.floor(Date.now() / 1000);
  try {
    const response = await send(url, {
      method: 'POST',
      body,
      // Redirect targets were not checked.
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Bloodstream',
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': await sign(secret, id, timestamp, body),
      },
    });
    // The body is irrelevant, and its failure no reason to send again.
    response.body?.cancel().catch(() => {});
    const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
    return {
      outcome: String(response.status),
      succeeded: response.ok,
      retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : undefined,
    };
  } catch (error) {
    const { name, message } = error as Error;
    const outcome = name === 'TimeoutError' ? `no answer within ${TIMEOUT_MS / 1000} s` : message;
    return { outcome: outcome.slice(0, OUTCOME_LENGTH_MAX), succeeded: false };
  }
}

/** The delay after `attempts`; longer if the receiver asks for it. */
function delaySeconds(attempts: number, requestedSeconds = 0): number {
  const delay = Math.min(FIRST_DELAY_SECONDS * DELAY_FACTOR ** (attempts - 1), DELAY_MAX_SECONDS);
  return Math.round(Math.max(delay * (1 + JITTER * Math.random()), Math.min(requestedSeconds, DELAY_MAX_SECONDS)));
}
