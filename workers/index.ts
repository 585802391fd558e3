// Wiring only: maps the platform's calls to the tiers, which make every decision.

import { gorse, isForGorse } from './gorse/app.ts';
import { contextOf, inContext, newContext } from './logging/log.ts';
import { consumeDeadLetters } from './nearline/dead-letters-consumer.ts';
import { consumeEvents } from './nearline/events-consumer.ts';
import { measureBatch } from './nearline/measure-batch.ts';
import { consumeSlates } from './nearline/slates-consumer.ts';
import { traceObjects } from './nearline/traced-objects.ts';
import { deliverNotifications } from './nearline/webhooks.ts';
import { consumeGalleries } from './offline/compute-galleries.ts';
import { runJobs } from './offline/jobs.ts';
import { app } from './online/app.ts';
import { flushDueCounts } from './storage/isolate-counts.ts';
import { listLogShards } from './storage/log-shards.ts';
import { openMeter } from './storage/metered-databases.ts';
import { identifyQueue, QUEUES, type QueueName } from './storage/queue-names.ts';

export { UserSignals } from './nearline/user-signals.ts';

const meterRequests = openMeter('requests');
const meterJobs = openMeter('jobs');
const meterQueues = new Map(QUEUES.map((queue) => [queue, openMeter(queue)]));

export default {
  fetch: (request, env, ctx) =>
    inContext(contextOf(request), () =>
      (isForGorse(request, env) ? gorse : app).fetch(request, traceRequests(meterRequests(env)), ctx),
    ),

  queue: (batch, env, ctx) =>
    inContext(newContext(), async () => {
      const queue = identifyQueue(batch.queue);
      measureBatch(queue, batch.messages);
      await consume(queue, batch, meterQueues.get(queue)!(env), ctx);
      await flushDueCounts(env.DB);
    }),

  scheduled: ({ cron }, env) =>
    inContext(newContext(), () => runJobs(cron, meterJobs(env)).finally(() => flushDueCounts(env.DB))),
} satisfies ExportedHandler<Env>;

const traceRequests = (env: Env): Env => ({ ...env, USER_SIGNALS: traceObjects(env.USER_SIGNALS) });

function consume(queue: QueueName, batch: MessageBatch<unknown>, env: Env, ctx: ExecutionContext): Promise<void> {
  const { DB } = env;
  switch (queue) {
    case 'events':
      return consumeEvents(batch, env, listLogShards(env));
    case 'slates':
      return consumeSlates(batch, env);
    case 'events-dead-letters':
      return consumeDeadLetters(batch, DB, 'events');
    case 'slates-dead-letters':
      return consumeDeadLetters(batch, DB, 'slates');
    case 'notifications-dead-letters':
      return consumeDeadLetters(batch, DB, 'notifications');
    case 'notifications':
      return deliverNotifications(batch, DB);
    case 'galleries':
      return consumeGalleries(batch, env, (promise) => ctx.waitUntil(promise));
  }
}
