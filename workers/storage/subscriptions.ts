// Webhook subscriptions in D1 with their signing secrets, and the queue of notifications. workers/nearline/webhooks.ts
// does the sending.

import type { Listener } from '../../models/contracts/published-state.ts';
import type { Delivery, Notification, Subscription } from '../../models/contracts/subscription.ts';

/** Limit of a queue's sendBatch. */
const MESSAGES_PER_CALL = 100;

/** Prefix of a secret as Standard Webhooks writes it; the key follows in base64. */
export const SECRET_PREFIX = 'whsec_';
const SECRET_BYTES = 24;

export const makeSecret = (): string =>
  SECRET_PREFIX + Buffer.from(crypto.getRandomValues(new Uint8Array(SECRET_BYTES))).toString('base64');

interface Row {
  subscriptionId: string;
  url: string;
  events: string;
  createdAt: number;
  deliveredAt: number | null;
  outcome: string | null;
  failures: number;
}

/** Oldest first, without secrets. */
export async function listSubscriptions(db: D1Database): Promise<Subscription[]> {
  const { results } = await db
    .prepare(
      `select subscription_id as subscriptionId, url, events, created_at as createdAt,
              delivered_at as deliveredAt, outcome, failures
       from subscriptions order by created_at, subscription_id`,
    )
    .all<Row>();
  return results.map(({ subscriptionId, url, events, createdAt, deliveredAt, outcome, failures }) => ({
    subscriptionId,
    url,
    events: JSON.parse(events),
    createdAt: new Date(createdAt).toISOString(),
    lastDelivery:
      deliveredAt === null ? null : { at: new Date(deliveredAt).toISOString(), outcome: outcome ?? '', failures },
  }));
}

/** Oldest first. */
export const readListeners = async (db: D1Database): Promise<Listener[]> =>
  (await listSubscriptions(db)).map(({ subscriptionId, events }) => ({ subscriptionId, events }));

/** False if there are `max` already. */
export async function insertSubscription(
  db: D1Database,
  { subscriptionId, url, events, createdAt }: Subscription,
  secret: string,
  max: number,
): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `insert into subscriptions (subscription_id, url, events, secret, created_at, failures)
       select ?1, ?2, ?3, ?4, ?5, 0 where (select count(*) from subscriptions) < ?6`,
    )
    .bind(subscriptionId, url, JSON.stringify(events), secret, Date.parse(createdAt), max)
    .run();
  return meta.changes > 0;
}

/** False if it does not exist. */
export async function deleteSubscription(db: D1Database, subscriptionId: string): Promise<boolean> {
  const { meta } = await db.prepare('delete from subscriptions where subscription_id = ?1').bind(subscriptionId).run();
  return meta.changes > 0;
}

export interface Address {
  url: string;
  secret: string;
}

/** URL and secret of each subscription that still exists. */
export async function readAddresses(db: D1Database, subscriptionIds: readonly string[]): Promise<Map<string, Address>> {
  const { results } = await db
    .prepare(
      `select subscription_id as subscriptionId, url, secret from subscriptions
       where subscription_id in (select value from json_each(?1))`,
    )
    .bind(JSON.stringify(subscriptionIds))
    .all<Address & { subscriptionId: string }>();
  return new Map(results.map(({ subscriptionId, ...address }) => [subscriptionId, address]));
}

export interface Attempt {
  subscriptionId: string;
  /** Epoch milliseconds. */
  at: number;
  outcome: string;
  succeeded: boolean;
}

export async function recordAttempts(db: D1Database, attempts: readonly Attempt[]): Promise<void> {
  if (attempts.length === 0) return;
  const statement = db.prepare(
    `update subscriptions set delivered_at = ?2, outcome = ?3, failures = case when ?4 then 0 else failures + 1 end
     where subscription_id = ?1`,
  );
  await db.batch(
    attempts.map(({ subscriptionId, at, outcome, succeeded }) =>
      statement.bind(subscriptionId, at, outcome, Number(succeeded)),
    ),
  );
}

/** Queues one message for each listener of the notification's type. */
export async function notify(
  queue: Queue<Delivery>,
  listeners: readonly Listener[],
  notification: Notification,
): Promise<void> {
  const messages = listeners
    .filter(({ events }) => events.includes(notification.type))
    .map(({ subscriptionId }) => ({ body: { subscriptionId, notification } }));
  for (let from = 0; from < messages.length; from += MESSAGES_PER_CALL)
    await queue.sendBatch(messages.slice(from, from + MESSAGES_PER_CALL));
}

export async function isAnnounced(db: D1Database, release: string): Promise<boolean> {
  const found = await db.prepare('select 1 from announced_releases where release = ?1').bind(release).first();
  return found !== null;
}

/** Records that subscribers were told of a release. `now`: epoch milliseconds. */
export async function markAnnounced(db: D1Database, release: string, now: number): Promise<void> {
  await db
    .prepare('insert into announced_releases (release, announced_at) values (?1, ?2) on conflict do nothing')
    .bind(release, now)
    .run();
}
