// Makes each alert happen, tells subscribers of it, and lets it be resolved by itself.

import {
  createExecutionContext,
  createMessageBatch,
  runInDurableObject,
  waitOnExecutionContext,
} from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { afterAll, beforeEach, expect, it, vi } from 'vitest';
import runbook from '../../docs/runbook.md?raw';
import { type AlertMeasure, DEFAULT_ALERT_RULES } from '../../models/contracts/alert.ts';
import type { PlayerEvent } from '../../models/contracts/event.ts';
import type { Delivery, Notification } from '../../models/contracts/subscription.ts';
import { draftExperiment } from '../../models/experiments/lifecycle.ts';
import packageJson from '../../package.json?raw';
import { type Counter, countDatabase } from '../../scripts/costs/count-bindings.ts';
import { makeEvent } from '../../tests/event.ts';
import { makeExperimentInput } from '../../tests/experiment.ts';
import { FAILING_STORES } from '../../tests/failing-stores.ts';
import { openFakeQueue } from '../../tests/fake-queue.ts';
import { publishFake } from '../../tests/fake-release.ts';
import { consumeEvents } from '../nearline/events-consumer.ts';
import { deliverNotifications } from '../nearline/webhooks.ts';
import { app } from '../online/app.ts';
import { insertEvents } from '../storage/events.ts';
import { writeExperiment } from '../storage/experiments.ts';
import { hourOf } from '../storage/hour.ts';
import { flushCounts } from '../storage/isolate-counts.ts';
import { CRONS, EVERY_MINUTE } from '../storage/job-schedule.ts';
import { readJobStates } from '../storage/job-states.ts';
import { addMetricCounts } from '../storage/metric-counts.ts';
import { insertSubscription, makeSecret } from '../storage/subscriptions.ts';
import { reportUnlogged } from '../storage/unlogged-users.ts';
import { checkAlerts } from './check-alerts.ts';
import { runJobs } from './jobs.ts';

const MINUTE_MS = 60_000;
/** In the future: the alarm of an object in the past would run at once, again and again. */
const START = Date.parse('2100-01-01T12:00:01Z');
const TABLES = [
  'metric_counts',
  'metric_cursors',
  'alerts',
  'alert_rules',
  'jobs',
  'job_runs',
  'dead_letters',
  'unlogged_users',
  'experiments',
];

const { queue, queued, state } = openFakeQueue<Delivery>();
const bindings = { ...env, NOTIFICATIONS: queue } as Env;

/** The minute of each case, from its start. */
let minute = 0;
const toMinute = (next: number) => {
  minute = next;
  vi.setSystemTime(START + minute * MINUTE_MS);
};
/** Jobs that fail are part of some cases. */
const runCron = (cron: string, more: Partial<Env> = {}) =>
  runJobs(cron, { ...bindings, ...more } as Env).catch(() => {});
const call = (method: string, path: string, body?: object) =>
  exports.default.fetch(`http://edge${path}`, {
    method,
    headers: { authorization: 'Bearer test-admin', 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });

/** Delivers what is queued, and returns the notifications as their receiver gets them. */
async function deliver(): Promise<{ id: string; body: Omit<Notification, 'id'> }[]> {
  const messages = queued.splice(0).map((body, n) => ({ id: `m${n}`, timestamp: new Date(), attempts: 1, body }));
  const received: { id: string; body: Omit<Notification, 'id'> }[] = [];
  await deliverNotifications(createMessageBatch('notifications', messages), env.DB, async (_, { headers, body }) => {
    received.push({ id: new Headers(headers).get('webhook-id')!, body: JSON.parse(body as string) });
    return new Response(null, { status: 204 });
  });
  return received;
}
type AlertNotification = Extract<Notification, { type: 'alert.raised' | 'alert.resolved' }>;
/** Notifications of a rule since the last call. */
const toldOf = async (ruleId: string) =>
  (await deliver()).flatMap(({ id, body }) => {
    const { type, data } = body as Omit<AlertNotification, 'id'>;
    return data.ruleId === ruleId ? [{ id, type, data }] : [];
  });
/** Runs the minutes until something is told of a rule; returns it and the minute. */
async function waitUntilTold(ruleId: string, minutesMax: number) {
  for (let next = minute; next <= minute + minutesMax; next++) {
    vi.setSystemTime(START + next * MINUTE_MS);
    await runCron(EVERY_MINUTE);
    const told = await toldOf(ruleId);
    if (told.length > 0) {
      toMinute(next);
      return { told, minute: next };
    }
  }
  throw new Error(`nothing was told of ${ruleId}`);
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
  minute = 0;
  queued.length = 0;
  for (const table of [...TABLES, 'subscriptions']) await env.DB.prepare(`delete from ${table}`).run();
  const subscription = { subscriptionId: 's', url: 'https://hook.example.com/', lastDelivery: null };
  const events: Notification['type'][] = ['alert.raised', 'alert.resolved'];
  await insertSubscription(env.DB, { ...subscription, events, createdAt: new Date(0).toISOString() }, makeSecret(), 20);
  return () => void vi.useRealTimers();
});

const itemIds = Array.from({ length: 190 }, (_, index) => `g${index}`);
const publish = (version: string) =>
  publishFake(env.BUCKET, version, {
    ...{ itemIds, shift: 0 },
    alter: (_, facts) => Object.assign(facts, { createdAt: new Date().toISOString() }),
  });

let missing: PlayerEvent[] = [];
/** The queue loses what the object of a player sends; the object reports it, as it does after a minute. */
async function missEvents(userId: string, events: number): Promise<void> {
  missing = Array.from({ length: events }, (_, n) => makeEvent(userId, 'click', 'g1', Date.now(), { id: `${n}` }));
  const object = env.USER_SIGNALS.getByName(userId);
  await runInDurableObject(object, (self) => Object.assign(self, { env: { ...env, EVENTS: { sendBatch() {} } } }));
  await object.record(missing);
  await reportUnlogged(env.DB, userId, { events, oldestAt: Date.now() });
}

const FAILING_OBJECTS = {
  getByName: () => new Proxy({}, { get: () => () => Promise.reject(new Error('the object is down')) }),
} as unknown as Env['USER_SIGNALS'];
/** Requests of a server of the store, counted by the Worker as all are. */
async function ask(path: string, times: number, more: Partial<Env> = {}): Promise<void> {
  const headers = { authorization: 'Bearer test-admin', 'cf-connecting-ip': '192.0.2.1' };
  const context = createExecutionContext();
  for (let n = 0; n < times; n++)
    await app.fetch(new Request(`http://edge${path}`, { headers }), { ...env, ...more } as Env, context);
  await waitOnExecutionContext(context);
  // As the consumer of the queue `slates` does with what the isolate sends.
  await flushCounts(env.DB);
}
/** As the job `count-metrics` writes them. */
const countClicks = (amount: number) =>
  addMetricCounts(env.DB, [{ hour: hourOf(Date.now()), metric: 'clicks', labels: {}, amount }]);

interface Case {
  cause: string;
  make(): Promise<unknown>;
  cure: string;
  mend(): Promise<unknown>;
}
const CASES: Record<AlertMeasure, Case> = {
  'unlogged-events': {
    cause: 'objects miss 1,001 events in the log',
    make: () => missEvents('ann', 1_001),
    cure: 'the log has them',
    mend: () => insertEvents(env.DB, missing),
  },
  'unlogged-age': {
    cause: 'an object misses an event in the log',
    make: () => missEvents('ben', 1),
    cure: 'the log has it',
    mend: () => insertEvents(env.DB, missing),
  },
  'dead-letters': {
    cause: 'a message of the queue `events` is no event',
    make: () =>
      consumeEvents(
        createMessageBatch('events', [{ id: 'm', timestamp: new Date(), attempts: 1, body: 'nonsense' }]),
        env,
        [env.LOG_0],
      ),
    cure: '`npm run dead-letters -- delete --all …`',
    mend: () => call('DELETE', '/v1/dead-letters?queue=events'),
  },
  'failed-jobs': {
    cause: 'a wrong setting fails `delete-old-rows`',
    make: () => runCron('25 3 * * *', { LOG_DAYS: '1' }),
    cure: '`POST /v1/jobs/delete-old-rows/runs`',
    mend: () => call('POST', '/v1/jobs/delete-old-rows/runs'),
  },
  'late-jobs': {
    cause: 'the crons but that of each minute do not run',
    make: () => runCron(EVERY_MINUTE),
    cure: 'they run',
    mend: async () => {
      for (const cron of CRONS) await runCron(cron);
    },
  },
  'fallback-share': {
    cause: 'the players’ objects do not answer',
    make: () => ask('/v1/users/ann/recommendations', 100, { USER_SIGNALS: FAILING_OBJECTS }),
    cure: 'the next answers are whole',
    mend: () => ask('/v1/items/popular', 500),
  },
  'error-share': {
    cause: 'D1 fails: three requests in a hundred get 5xx',
    make: async () => {
      await ask('/v1/items/popular', 97);
      await ask('/v1/rules', 3, { DB: FAILING_STORES.DB });
    },
    cure: 'the next requests succeed',
    mend: () => ask('/v1/items/popular', 100),
  },
  'empty-share': {
    cause: 'a rule of the store excludes every game',
    make: async () => {
      await call('PUT', '/v1/items/g1', { title: 'Wynmere' });
      expect(await (await call('GET', '/v1/items/popular')).json()).toMatchObject({ items: [{ itemId: 'g1' }] });
      await call('PUT', '/v1/rules/all', { action: 'exclude', match: { itemIds: ['g1'] } });
      await ask('/v1/items/popular', 100);
    },
    cure: 'the rule is deleted, and the next answers have some',
    mend: async () => {
      await call('DELETE', '/v1/rules/all');
      await ask('/v1/items/popular', 2_000);
    },
  },
  'click-fall': {
    cause: 'clicks are a third of those of the week before',
    make: async () => {
      await countClicks(900);
      toMinute(7 * 24 * 60);
      await countClicks(300);
    },
    cure: 'the hours after are as before',
    mend: async () => {
      toMinute(minute + 3 * 60);
      await countClicks(900);
    },
  },
  'limit-hits': {
    cause: 'a rate limit refuses more requests in an hour than the rule allows (here, 20)',
    make: async () => {
      await call('PUT', '/v1/alerts/rules/limit-hits', { measure: 'limit-hits', threshold: 20 });
      await ask('/health', 30, { ADDRESS_REQUESTS_PER_MINUTE: '1' });
    },
    cure: 'two hours later',
    mend: async () => toMinute(minute + 120),
  },
  'release-age': {
    cause: 'the release in use was trained a week ago',
    make: async () => {
      await publish('old');
      toMinute(7 * 24 * 60);
    },
    cure: '`npm run train`',
    mend: () => publish('new'),
  },
  'stopped-variants': {
    cause: 'a guardrail stops a variant',
    make: () => {
      const experiment = draftExperiment('rows', makeExperimentInput());
      const stoppedVariants = [{ id: 'short', reason: 'dismissal-rate', at: new Date().toISOString() }];
      return writeExperiment(env.DB, { ...experiment, state: 'stopped', stoppedVariants }, undefined, 10, Date.now());
    },
    cure: 'a day passes',
    mend: async () => toMinute(minute + 24 * 60),
  },
  'database-size': {
    cause: 'the rule is changed to less than the database has',
    make: () => call('PUT', '/v1/alerts/rules/database-size', { measure: 'database-size', threshold: 0 }),
    cure: '`DELETE /v1/alerts/rules/database-size`',
    mend: () => call('DELETE', '/v1/alerts/rules/database-size'),
  },
};

const timeline: string[][] = [];
for (const rule of DEFAULT_ALERT_RULES) {
  const { ruleId } = rule;
  const example = CASES[rule.measure];
  it(`${ruleId}: is raised once, told, and resolved by itself`, async () => {
    const { cause, make, cure, mend } = example;
    // All is well.
    await runCron(EVERY_MINUTE);
    expect(await toldOf(ruleId)).toEqual([]);
    await make();
    const from = minute;
    const raised = await waitUntilTold(ruleId, 120);
    expect(raised.told).toMatchObject([
      { type: 'alert.raised', data: { ruleId, measure: rule.measure, severity: expect.any(String), resolvedAt: null } },
    ]);
    const { alertId, value, threshold, message } = raised.told[0]!.data;
    expect(value).toBeGreaterThan(threshold);
    expect(message).toContain(`See “${rule.measure}” in docs/runbook.md`);
    // It lasts, and is raised once.
    toMinute(raised.minute + 1);
    await runCron(EVERY_MINUTE);
    await runCron('*/10 * * * *');
    expect(await toldOf(ruleId)).toEqual([]);
    await mend();
    const mended = minute;
    const resolved = await waitUntilTold(ruleId, 5);
    expect(resolved.told).toMatchObject([
      { id: `alert.resolved-${alertId}`, type: 'alert.resolved', data: { alertId, resolvedAt: expect.any(String) } },
    ]);
    timeline.push([`\`${ruleId}\``, cause, `${raised.minute - from}`, cure, `${resolved.minute - mended}`]);
  });
}

it('each variant that is stopped is told, by its name, while others still count', async () => {
  const stop = (id: string) => {
    const experiment = draftExperiment(id, makeExperimentInput());
    const stoppedVariants = [{ id: 'short', reason: 'dismissal-rate', at: new Date().toISOString() }];
    return writeExperiment(env.DB, { ...experiment, state: 'stopped', stoppedVariants }, undefined, 10, Date.now());
  };
  const nextMinute = async (next: number) => {
    toMinute(next);
    await runCron(EVERY_MINUTE);
    return toldOf('stopped-variants');
  };
  await stop('rows');
  const [first] = await nextMinute(1);
  expect(first!.data).toMatchObject({ value: 1, message: expect.stringContaining('1 (rows:short)') });
  const acknowledged = await call('PATCH', `/v1/alerts/${first!.data.alertId}`, { acknowledged: true });
  expect(acknowledged.status).toBe(200);
  await stop('picks');
  const [second] = await nextMinute(2);
  expect(second!.data).toMatchObject({ value: 2, message: expect.stringContaining('2 (picks:short, rows:short)') });
  expect(second!.id).not.toBe(first!.id);
  expect(await nextMinute(3)).toEqual([]);
  // The first one is a day ago.
  expect(await nextMinute(24 * 60 + 1)).toEqual([]);
  await stop('lists');
  expect(await nextMinute(24 * 60 + 1)).toMatchObject([{ type: 'alert.raised', data: { value: 2 } }]);
  const { alerts } = (await (await call('GET', '/v1/alerts?state=raised')).json()) as { alerts: object[] };
  expect(alerts).toContainEqual(expect.objectContaining({ measure: 'stopped-variants', value: 2 }));
});

it('the runbook shows each alert from cause to resolved as it happens here', () => {
  const [, section = ''] = runbook.split('\n## From cause to resolved\n');
  const rows = section
    .split('\n## ', 1)[0]!
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  const seen = timeline.map((cells) => `| ${cells.join(' | ')} |`);
  expect(rows.filter((row) => timeline.some(([ruleId]) => row.startsWith(`| ${ruleId} |`)))).toEqual(seen);
  expect(rows).toHaveLength(DEFAULT_ALERT_RULES.length);
});

it('the runbook has a section for each rule that is shipped: what to look at, and what to do', () => {
  const sections = new Map(runbook.split('\n## ').map((text) => [text.slice(0, text.indexOf('\n')), text]));
  for (const { ruleId } of DEFAULT_ALERT_RULES)
    for (const part of [/^.*\n\n\S/, /^- Look: /m, /^- Do: /m]) expect(sections.get(ruleId), ruleId).toMatch(part);
});

it('the runbook names only requests that the API answers, and scripts that exist', async () => {
  const paths = [...runbook.matchAll(/`api '?(\/v1[^ '`]*)'?`/g)].map(([, path]) => path!);
  for (const path of paths) expect((await call('GET', path)).status, path).toBe(200);
  const scripts = [...runbook.matchAll(/npm run ([a-z-]+)/g)].map(([, script]) => script!);
  expect(Object.keys(JSON.parse(packageJson).scripts)).toEqual(expect.arrayContaining(scripts));
  expect([paths.length > 10, scripts.length > 10]).toEqual([true, true]);
});

it('reads few rows of D1 in a minute and writes none, also after an outage', async () => {
  const rows = { d1RowsRead: 0, d1RowsWritten: 0 };
  const counter: Counter = {
    add(meter, n) {
      if (meter in rows) rows[meter as keyof typeof rows] += n;
    },
    noteCall() {},
  };
  const DB = countDatabase(env.DB, counter);
  const check = async () => {
    Object.assign(rows, { d1RowsRead: 0, d1RowsWritten: 0 });
    await checkAlerts({ ...bindings, DB, LOG_0: DB }, Date.now());
    return rows;
  };
  await runCron(EVERY_MINUTE);
  await ask('/v1/items/popular', 10);
  expect((await check()).d1RowsRead).toBeLessThan(150);
  expect(rows.d1RowsWritten).toBe(0);
  const many = JSON.stringify(Array.from({ length: 20_000 }, (_, n) => `n${n}`));
  await env.DB.prepare('insert into unlogged_users select value, 1, 1 from json_each(?1)').bind(many).run();
  await env.DB.prepare(
    "insert into dead_letters (id, body, reason, received_at) select value, '', '', 1 from json_each(?1)",
  )
    .bind(many)
    .run();
  await check();
  expect((await check()).d1RowsRead).toBeLessThan(15_000);
  expect(rows.d1RowsWritten).toBe(0);
});

it('tells again with the same id while the queue fails, and raised before resolved', async () => {
  await CASES['dead-letters'].make();
  state.isDown = true;
  await runCron(EVERY_MINUTE);
  await CASES['dead-letters'].mend();
  await runCron(EVERY_MINUTE);
  state.isDown = false;
  await runCron(EVERY_MINUTE);
  await runCron(EVERY_MINUTE);
  const told = await toldOf('dead-letters');
  expect(told.map(({ type }) => type)).toEqual(['alert.raised', 'alert.resolved']);
  expect(new Set(told.map(({ id }) => id)).size).toBe(2);
});

it('is checked by another cron if the one of each minute does not run', async () => {
  await runCron(EVERY_MINUTE);
  toMinute(5);
  await CASES['dead-letters'].make();
  await runCron('*/10 * * * *');
  expect(await toldOf('dead-letters')).toEqual([]);
  toMinute(10);
  await runCron('*/10 * * * *');
  expect(await toldOf('dead-letters')).toHaveLength(1);
  // And so the jobs of each minute are known to be late.
  toMinute(40);
  await runCron('*/10 * * * *');
  expect(await toldOf('late-jobs')).toHaveLength(1);
});

it('evaluates the other rules, and fails, if a measure cannot be read; the alert of that one stays', async () => {
  await publish('old');
  toMinute(8 * 24 * 60);
  await runCron(EVERY_MINUTE);
  expect(await toldOf('release-age')).toHaveLength(1);
  await publish('new');
  await CASES['dead-letters'].make();
  const BUCKET = { get: () => Promise.reject(new Error('R2 is down')) } as unknown as R2Bucket;
  await expect(runJobs(EVERY_MINUTE, { ...bindings, BUCKET })).rejects.toThrow('R2 is down');
  expect((await readJobStates(env.DB)).get('check-alerts')).toMatchObject({ error: 'R2 is down' });
  const told = (await deliver()).map(({ body }) => body as Omit<AlertNotification, 'id'>);
  expect(told).toMatchObject([{ type: 'alert.raised', data: { ruleId: 'dead-letters' } }]);
});

afterAll(() => console.log(timeline.map((cells) => `| ${cells.join(' | ')} |`).join('\n')));
