// Delivers notifications to those who subscribed: signed, each by itself, tried again ever later, and kept as a dead letter in
// the end. At least once: who gets one twice knows it by its id. Where to send was checked when it was subscribed to.

import { Delivery, type Notification } from '../../models/contracts/subscription.ts';
import {
  type Address,
  type Attempt,
  deleteSubscription,
  readAddresses,
  recordAttempts,
  SECRET_PREFIX,
} from '../storage/subscriptions.ts';
import { deadLetter, storeAlerting } from './events-consumer.ts';

/** A receiver that takes longer has to answer first and work then. */
const TIMEOUT_MS = 10_000;
const FIRST_DELAY_SECONDS = 5;
const DELAY_FACTOR = 4;
const DELAY_MAX_SECONDS = 6 * 3_600;
/** Receivers that failed together are not asked again together. */
const JITTER = 0.2;
const OUTCOME_LENGTH_MAX = 200;
const GONE = 410;

/** Where the network begins. */
export type Send = (url: string, init: RequestInit) => Promise<Response>;

/** The value of `webhook-signature`. `timestamp`: Unix seconds. */
export async function sign(secret: string, id: string, timestamp: number, body: string): Promise<string> {
  const bytes = Uint8Array.from(Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64'));
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const signature = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(`${id}.${timestamp}.${body}`));
  return `v1,${Buffer.from(signature).toString('base64')}`;
}

/** The consumer of the queue `notifications`: a delivery a message, all of a batch at once. */
export async function deliverNotifications(
  batch: MessageBatch<unknown>,
  db: D1Database,
  send: Send = (url, init) => fetch(url, init),
): Promise<void> {
  const attempts: Attempt[] = [];
  const settle = async (message: Message<unknown>, addresses: ReadonlyMap<string, Address>) => {
    const parsed = Delivery.safeParse(message.body);
    if (!parsed.success) {
      await storeAlerting(db, [deadLetter(message.id, message.body, 'not a delivery')]);
      return message.ack();
    }
    const { subscriptionId, notification } = parsed.data;
    const address = addresses.get(subscriptionId);
    // Deleted meanwhile: nobody waits for it.
    if (address === undefined) return message.ack();
    const { outcome, succeeded, retryAfterSeconds } = await deliver(address, notification, send);
    attempts.push({ subscriptionId, at: Date.now(), outcome, succeeded });
    if (succeeded) return message.ack();
    if (outcome !== String(GONE))
      return message.retry({ delaySeconds: delaySeconds(message.attempts, retryAfterSeconds) });
    await deleteSubscription(db, subscriptionId);
    console.error(JSON.stringify({ alert: 'subscription deleted', subscriptionId, reason: 'its receiver is gone' }));
    message.ack();
  };
  // Where D1 fails, a delivery is put off as where its receiver does: the queue's own next time would be at once.
  const putOff = (message: Message<unknown>) => (error: Error) => {
    console.error(JSON.stringify({ alert: 'notification put off', error: error.message }));
    message.retry({ delaySeconds: delaySeconds(message.attempts) });
  };
  const addressed = readAddresses(db, [...new Set(batch.messages.flatMap(({ body }) => subscriptionOf(body)))]);
  await Promise.all(
    batch.messages.map((message) => addressed.then((addresses) => settle(message, addresses)).catch(putOff(message))),
  );
  // What is delivered stays delivered, whether it is recorded or not.
  await recordAttempts(db, attempts).catch((error: Error) =>
    console.error(JSON.stringify({ alert: 'deliveries not recorded', error: error.message })),
  );
}

const subscriptionOf = (body: unknown): string[] => {
  const { success, data } = Delivery.safeParse(body);
  return success ? [data.subscriptionId] : [];
};

interface Answered {
  outcome: string;
  succeeded: boolean;
  retryAfterSeconds?: number | undefined;
}

async function deliver({ url, secret }: Address, { id, ...notification }: Notification, send: Send): Promise<Answered> {
  const body = JSON.stringify(notification);
  const timestamp = Math.floor(Date.now() / 1000);
  try {
    const response = await send(url, {
      method: 'POST',
      body,
      // Whoever is redirected to was not checked.
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
    // What is answered beside the status is nobody's concern, and its end no reason to send again.
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

/** After this many attempts; later if the receiver asks for it. */
function delaySeconds(attempts: number, asked = 0): number {
  const delay = Math.min(FIRST_DELAY_SECONDS * DELAY_FACTOR ** (attempts - 1), DELAY_MAX_SECONDS);
  return Math.round(Math.max(delay * (1 + JITTER * Math.random()), Math.min(asked, DELAY_MAX_SECONDS)));
}
