import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Delivery, Subscription } from '../../models/contracts/subscription.ts';
import { UNDELIVERED } from '../storage/dead-letters.ts';
import { insertSubscription, listSubscriptions, notify } from '../storage/subscriptions.ts';
import { consumeDeadLetters } from './dead-letters-consumer.ts';
import { deliverNotifications, type Send, sign } from './webhooks.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const subscription = (subscriptionId: string, events: Subscription['events'] = ['job.failed']): Subscription => ({
  subscriptionId,
  url: `https://${subscriptionId}.example.com/hook`,
  events,
  createdAt: '2026-01-01T00:00:00.000Z',
  lastDelivery: null,
});
const delivery = (subscriptionId: string): Delivery => ({
  subscriptionId,
  notification: {
    id: 'job-7',
    type: 'job.failed',
    timestamp: '2026-01-01T00:00:00.000Z',
    data: { job: 'export', cron: '5 * * * *', error: 'R2 is down', startedAt: '2026-01-01T00:00:00.000Z' },
  },
});

/** Delivers to fake receivers; returns the requests sent and the verdict on each message. */
async function deliver(answers: Record<string, () => Response | Promise<Response>>, attempts = 1, bodies?: unknown[]) {
  const sent: { url: string; init: RequestInit }[] = [];
  const send: Send = async (url, init) => {
    sent.push({ url, init });
    return answers[new URL(url).hostname.split('.')[0]!]!();
  };
  const messages = (bodies ?? Object.keys(answers).map(delivery)).map((body, index) => ({
    id: `m${index}`,
    timestamp: new Date(),
    attempts,
    body,
  }));
  const batch = createMessageBatch('notifications', messages);
  const retries = batch.messages.map((message) => vi.spyOn(message, 'retry'));
  await deliverNotifications(batch, env.DB, send);
  const { explicitAcks } = await getQueueResult(batch, createExecutionContext());
  const retried = retries.flatMap(({ mock }, index) =>
    mock.calls.map(([options]) => [`m${index}`, options?.delaySeconds]),
  );
  return { sent, acked: explicitAcks.toSorted(), retried };
}
const subscribe = (one: Subscription) => insertSubscription(env.DB, one, SECRET, 20);
const last = async (subscriptionId: string) =>
  (await listSubscriptions(env.DB)).find((one) => one.subscriptionId === subscriptionId)?.lastDelivery;

beforeEach(() =>
  env.DB.batch([env.DB.prepare('delete from subscriptions'), env.DB.prepare('delete from dead_letters')]),
);

afterEach(() => {
  vi.restoreAllMocks();
});

it('signs as Standard Webhooks specifies', async () => {
  // Computed with another implementation: printf '%s' ID.TIME.BODY | openssl dgst -sha256 -mac HMAC -macopt hexkey:KEY
  const signature = await sign(SECRET, 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330, '{"test": 2432232314}');
  expect(signature).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
});

it('sends each notification separately, signed, without its id in the body, and follows no redirects', async () => {
  await subscribe(subscription('good'));
  const { sent, acked, retried } = await deliver({ good: () => new Response('thanks') });
  expect([acked, retried]).toEqual([['m0'], []]);
  const [{ url, init }] = sent as [(typeof sent)[number]];
  expect(url).toBe('https://good.example.com/hook');
  expect(init).toMatchObject({ method: 'POST', redirect: 'manual' });
  const { id, ...body } = delivery('good').notification;
  expect(JSON.parse(init.body as string)).toEqual(body);
  const headers = new Headers(init.headers);
  const timestamp = Number(headers.get('webhook-timestamp'));
  expect(headers.get('webhook-id')).toBe(id);
  expect(Math.abs(Date.now() / 1000 - timestamp)).toBeLessThan(60);
  expect(headers.get('webhook-signature')).toBe(await sign(SECRET, id, timestamp, init.body as string));
  expect(await last('good')).toMatchObject({ outcome: '200', failures: 0 });
});

it('retries with growing delays, longer if the receiver asks, without repeating other deliveries', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  for (const name of ['good', 'bad', 'moved', 'busy', 'broken']) await subscribe(subscription(name));
  const answers = {
    good: () => new Response(null, { status: 204 }),
    bad: () => new Response('oh', { status: 500 }),
    moved: () => new Response(null, { status: 302, headers: { location: 'http://localhost/' } }),
    busy: () => new Response(null, { status: 429, headers: { 'retry-after': '90' } }),
    broken: () => Promise.reject(new Error('connection refused')),
  };
  const first = await deliver(answers);
  expect(first.acked).toEqual(['m0']);
  expect(first.retried).toEqual([
    ['m1', 5],
    ['m2', 5],
    ['m3', 90],
    ['m4', 5],
  ]);
  const { good: _, ...others } = answers;
  const fourth = await deliver(others, 4);
  expect(fourth.retried.map(([, delaySeconds]) => delaySeconds)).toEqual([320, 320, 320, 320]);
  expect((await deliver(others, 20)).retried[0]![1]).toBe(6 * 3_600);
  expect(await last('bad')).toMatchObject({ outcome: '500', failures: 3 });
  expect(await last('moved')).toMatchObject({ outcome: '302' });
  expect(await last('broken')).toMatchObject({ outcome: 'connection refused' });
  await deliver({ bad: () => new Response() });
  expect(await last('bad')).toMatchObject({ outcome: '200', failures: 0 });
});

it('postpones deliveries while D1 fails, and never resends one because it could not be recorded', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  await subscribe(subscription('good'));
  vi.spyOn(env.DB, 'prepare').mockImplementation(() => {
    throw new Error('D1 is down');
  });
  const first = await deliver({ good: () => new Response() }, 3);
  expect(first).toMatchObject({ sent: [], acked: [], retried: [['m0', 80]] });
  vi.restoreAllMocks();
  vi.spyOn(env.DB, 'batch').mockRejectedValue(new Error('D1 is down'));
  expect(await deliver({ good: () => new Response() })).toMatchObject({ acked: ['m0'], retried: [] });
});

it('deletes subscriptions on 410, drops deliveries without one, stores invalid and exhausted ones', async () => {
  await subscribe(subscription('gone'));
  const { acked } = await deliver({ gone: () => new Response(null, { status: 410 }) });
  expect(acked).toEqual(['m0']);
  expect(await listSubscriptions(env.DB)).toEqual([]);

  const rest = await deliver({}, 1, [delivery('gone'), { nonsense: true }]);
  expect(rest).toMatchObject({ sent: [], acked: ['m0', 'm1'], retried: [] });
  const dead = { id: 'm9', timestamp: new Date(), attempts: 9, body: delivery('bad') };
  await consumeDeadLetters(createMessageBatch('notifications-dead-letters', [dead]), env.DB, 'notifications');
  const { results } = await env.DB.prepare('select reason, body from dead_letters order by id').all<{
    reason: string;
    body: string;
  }>();
  expect(results.map(({ reason }) => reason)).toEqual(['not a delivery', UNDELIVERED]);
  expect(JSON.parse(results[1]!.body)).toEqual(delivery('bad'));
  expect(results[1]!.body).not.toContain('whsec_');
});

it('queues one message per listener, and none without listeners', async () => {
  const sent: Delivery[] = [];
  const queue = {
    sendBatch: async (messages: { body: Delivery }[]) => {
      sent.push(...messages.map(({ body }) => body));
    },
  } as unknown as Queue<Delivery>;
  const { notification } = delivery('x');
  await notify(queue, [subscription('a', ['gallery.ready'])], notification);
  expect(sent).toEqual([]);
  const listeners = [
    subscription('a', ['job.failed', 'gallery.ready']),
    subscription('b'),
    subscription('c', ['release.published']),
  ];
  await notify(queue, listeners, notification);
  expect(sent.map(({ subscriptionId }) => subscriptionId)).toEqual(['a', 'b']);
});
