import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { beforeEach, expect, it, vi } from 'vitest';
import type { AuditEntry } from '../../models/contracts/audit.ts';
import type { DeadLetterDetail, DeadLetterSummary } from '../../models/contracts/dead-letter.ts';
import type { Problem } from '../../models/contracts/problem.ts';
import type { SlateMessage } from '../../models/contracts/slate.ts';
import { makeEvent } from '../../tests/event.ts';
import { makeSlate } from '../../tests/slate.ts';
import { consumeDeadLetters } from '../nearline/dead-letters-consumer.ts';
import { consumeEvents } from '../nearline/events-consumer.ts';
import { consumeSlates } from '../nearline/slates-consumer.ts';
import { deliverNotifications } from '../nearline/webhooks.ts';
import { type DeadLetter, storeDeadLetters } from '../storage/dead-letters.ts';
import { insertErasedUsers, openUserHash } from '../storage/erased-users.ts';
import { insertSubscription } from '../storage/subscriptions.ts';

const DAY_MS = 86_400_000;

async function call<T = unknown>(method: string, path: string, body?: object, key = 'test-admin') {
  const response = await exports.default.fetch(`http://edge${path}`, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as T & Problem };
}
const letter = (id: string, queue: DeadLetter['queue'], body: unknown, more: Partial<DeadLetter> = {}): DeadLetter => ({
  ...{ id, queue, body: JSON.stringify(body), reason: 'failed too often', receivedAt: Date.now(), ...more },
});
const event = (userId: string, id: string, receivedAt = Date.now()) =>
  makeEvent(userId, 'play', 'g1', receivedAt, { id });
const list = async (query = '') =>
  (await call<{ letters: DeadLetterSummary[]; cursor: string | null }>('GET', `/v1/dead-letters${query}`)).body;
const ids = async () => (await list()).letters.map(({ letterId }) => letterId);
const replay = (id: string) => call<DeadLetterSummary>('POST', `/v1/dead-letters/${id}/replay`);
const waitUntilGone = () => expect.poll(ids).toEqual([]);
const count = (sql: string) => env.DB.prepare(`select ${sql}`).first<number>('n');
/** A message of a queue that replays a letter. */
const replayOf = (deadLetterId: string, attempts = 1) => ({
  ...{ id: crypto.randomUUID(), timestamp: new Date(), attempts, body: { deadLetterId } },
});

beforeEach(async () => {
  for (const table of ['events', 'event_counts', 'metric_counts', 'slate_counts', 'counted_batches', 'dead_letters'])
    await env.DB.prepare(`delete from ${table}`).run();
});

it('replays events through the real queue; however often, each is logged and counted once', async () => {
  await storeDeadLetters(env.DB, [
    letter('whole', 'events', [event('ann', '1'), event('ben', '1')]),
    letter('other', 'events', [event('ann', '2')]),
  ]);
  const answers = await Promise.all(['whole', 'whole', 'other', 'whole'].map(replay));
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
  expect(answers[0]!.body).toMatchObject({ letterId: 'whole', queue: 'events', replayedAt: expect.any(String) });
  await waitUntilGone();
  // What an object has sent again meanwhile, or a letter that came twice.
  await storeDeadLetters(env.DB, [letter('again', 'events', [event('ann', '1')])]);
  await replay('again');
  await waitUntilGone();
  expect(await count('count(*) as n from events')).toBe(3);
  expect(await count('sum(count) as n from event_counts')).toBe(3);
  expect((await replay('whole')).status).toBe(404);
});

it('counts a replayed slate and its answers once, also if two batches have it at once', async () => {
  const message: SlateMessage = {
    answers: ['r1', 'r2'].map((id) => ({ slate: makeSlate(id, 'ann', Date.now()) })),
    counts: [
      { hour: 480_000, metric: 'answers', labels: { route: 'gallery', tier: 'online', release: 'none' }, amount: 3 },
      { hour: 480_000, metric: 'events-accepted', labels: {}, amount: 2 },
    ],
  };
  await storeDeadLetters(env.DB, [letter('slate', 'slates', message), letter('later', 'slates', message)]);
  const deliver = () => consumeSlates(createMessageBatch('slates', [replayOf('slate')]), env);
  await Promise.all([deliver(), deliver(), deliver()]);
  expect(await ids()).toEqual(['later']);
  const counted = (metric: string) =>
    count(`sum(amount) as n from metric_counts where hour = 480000 and metric = '${metric}'`);
  expect(await counted('answers')).toBe(3);
  expect(await count('sum(seen) as n from slate_counts')).toBe(2);
  expect(await counted('events-accepted')).toBe(2);
  // Two hours later, when no batch is remembered any more: the letter is gone.
  await env.DB.prepare('delete from counted_batches').run();
  await deliver();
  await Promise.all(['later', 'later'].map(replay));
  await waitUntilGone();
  expect(await counted('answers')).toBe(6);
});

it('sends a replayed notification, and keeps its letter while no receiver takes it', async () => {
  const subscription = { url: 'https://hook.example.com/', events: ['job.failed' as const], lastDelivery: null };
  await insertSubscription(
    env.DB,
    { subscriptionId: 's', createdAt: '2026-01-01', ...subscription },
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    20,
  );
  const data = { job: 'x', cron: '* * * * *', error: 'e', startedAt: '2026-01-01T00:00:00.000Z' };
  const notification = { id: 'job-1', type: 'job.failed', timestamp: '2026-01-01T00:00:00.000Z', data };
  await storeDeadLetters(env.DB, [letter('n', 'notifications', { subscriptionId: 's', notification })]);
  const sent: string[] = [];
  const deliver = (status: number) =>
    deliverNotifications(createMessageBatch('notifications', [replayOf('n')]), env.DB, async (_, { headers }) => {
      sent.push(new Headers(headers).get('webhook-id')!);
      return new Response(null, { status });
    });
  await deliver(500);
  expect(await ids()).toEqual(['n']);
  await deliver(200);
  await deliver(200);
  expect([await ids(), sent]).toEqual([[], ['job-1', 'job-1']]);
});

it('keeps a letter that fails again under its id, with the new reason, and what is invalid alone', async () => {
  await storeDeadLetters(env.DB, [
    letter('mixed', 'events', [event('ann', '1'), { nonsense: true }]),
    letter('invalid', 'slates', { nonsense: true }),
  ]);
  await replay('mixed');
  await replay('invalid');
  const failedAgain = { replayedAt: null, reason: /^not an? / };
  await expect
    .poll(async () => (await list()).letters.toSorted((a, b) => (a.letterId < b.letterId ? -1 : 1)))
    .toMatchObject(['invalid', 'mixed'].map((letterId) => ({ letterId, ...failedAgain })));
  expect((await call<DeadLetterDetail>('GET', '/v1/dead-letters/mixed')).body.body).toEqual([{ nonsense: true }]);
  // The queue gave up.
  await call('POST', '/v1/dead-letters/mixed/replay');
  await consumeDeadLetters(createMessageBatch('events-dead-letters', [replayOf('mixed', 11)]), env.DB, 'events');
  expect((await ids()).toSorted()).toEqual(['invalid', 'mixed']);
});

it('leaves out erased players, deleted letters, and what is older than the log can recognise', async () => {
  const now = Date.now();
  const old = now - 31 * DAY_MS;
  await storeDeadLetters(env.DB, [
    letter('erased', 'events', [event('gone', '1', now - 1_000), event('ann', 'of-ann', now)]),
    letter('deleted', 'events', [event('ann', 'deleted', now)]),
    letter('young', 'events', [event('ann', 'late', old), event('ann', 'new', now)]),
    letter('expired', 'events', [event('ann', 'expired', old)], { receivedAt: old }),
  ]);
  await insertErasedUsers(env.DB, [(await openUserHash(env.DB))('gone')], now).run();
  await call('DELETE', '/v1/dead-letters/deleted');
  const messages = ['erased', 'deleted', 'young'].map((id) => replayOf(id));
  const batch = createMessageBatch('events', messages);
  await consumeEvents(batch, env, [env.LOG_0]);
  const { explicitAcks } = await getQueueResult(batch, createExecutionContext());
  expect(explicitAcks.toSorted()).toEqual(messages.map(({ id }) => id).toSorted());
  const { results } = await env.DB.prepare('select id from events order by id').all<{ id: string }>();
  expect(results.map(({ id }) => id)).toEqual(['new', 'of-ann']);

  expect(await replay('expired')).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('LOG_HOT_DAYS') },
  });
  expect((await call('POST', '/v1/dead-letters/replay', {})).body).toEqual({ letters: 0, remaining: 0 });
  expect(await ids()).toEqual(['expired']);
});

it('lists newest first by pages, filters, replays and deletes many, and audits without players', async () => {
  const at = Date.parse('2026-11-20T12:00:00Z');
  vi.useFakeTimers({ toFake: ['Date'], now: at + DAY_MS });
  try {
    await storeDeadLetters(
      env.DB,
      ['a', 'b', 'c', 'd', 'e'].map((id, n) =>
        letter(id, n % 2 ? 'slates' : 'events', 'x', { receivedAt: at + 1_000 * (n >> 1), reason: `reason ${n}` }),
      ),
    );
    const first = await list('?limit=2');
    expect(first.letters.map(({ letterId }) => letterId)).toEqual(['e', 'd']);
    expect(first.letters[0]).toEqual({
      ...{ letterId: 'e', queue: 'events', reason: 'reason 4', replayedAt: null, bytes: 3 },
      receivedAt: '2026-11-20T12:00:02.000Z',
    });
    const second = await list(`?limit=2&cursor=${first.cursor}`);
    expect(second.letters.map(({ letterId }) => letterId)).toEqual(['c', 'b']);
    expect((await list(`?limit=2&cursor=${second.cursor}`)).cursor).toBe(null);
    const filtered = async (query: string) => (await list(query)).letters.map(({ letterId }) => letterId);
    expect(await filtered('?queue=slates')).toEqual(['d', 'b']);
    expect(await filtered('?reason=reason%202')).toEqual(['c']);
    expect(await filtered('?from=2026-11-20T12:00:01Z&until=2026-11-20T12:00:02Z')).toEqual(['d', 'c']);
    expect((await call('GET', '/v1/dead-letters?cursor=nonsense')).status).toBe(400);
    expect((await call('GET', '/v1/dead-letters', undefined, 'test-read')).status).toBe(403);

    expect((await call('DELETE', '/v1/dead-letters')).status).toBe(400);
    expect((await call('POST', '/v1/dead-letters/replay', { quue: 'slates' })).status).toBe(400);
    const { body } = await call('DELETE', '/v1/dead-letters?queue=slates');
    expect(body).toEqual({ letters: 2, remaining: 0 });
    const replayed = await call('POST', '/v1/dead-letters/replay', { until: '2026-11-20T12:00:01Z' });
    expect([replayed.status, replayed.body]).toEqual([202, { letters: 1, remaining: 0 }]);
    expect((await call('DELETE', '/v1/dead-letters/c')).status).toBe(204);
    expect((await call('DELETE', '/v1/dead-letters/c')).status).toBe(404);
    const { body: log } = await call<{ entries: AuditEntry[] }>('GET', '/v1/audit-log?limit=4');
    expect(log.entries).toMatchObject([
      { method: 'DELETE', ids: { letterId: 'c' }, status: 404, before: null },
      { method: 'DELETE', ids: { letterId: 'c' }, status: 204, before: { queue: 'events', reason: 'reason 2' } },
      { path: '/v1/dead-letters/replay', after: { until: '2026-11-20T12:00:01Z', letters: 1, remaining: 0 } },
      { method: 'DELETE', after: { queue: 'slates', letters: 2 } },
    ]);
  } finally {
    vi.useRealTimers();
  }
});
