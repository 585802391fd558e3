// Wiring only: maps the platform's calls to the tiers, which make every decision.

import { gorse, isForGorse } from './gorse/app.ts';
import { consumeDeadLetters } from './nearline/dead-letters-consumer.ts';
import { consumeEvents } from './nearline/events-consumer.ts';
import { consumeSlates } from './nearline/slates-consumer.ts';
import { deliverNotifications } from './nearline/webhooks.ts';
import { consumeGalleries } from './offline/compute-galleries.ts';
import { runJobs } from './offline/jobs.ts';
import { app } from './online/app.ts';
import { listLogShards } from './storage/log-shards.ts';
import { identifyQueue } from './storage/queue-names.ts';

export { UserSignals } from './nearline/user-signals.ts';

export default {
  fetch: (request, env, ctx) => (isForGorse(request, env) ? gorse : app).fetch(request, env, ctx),

  async queue(batch, env, ctx) {
    const { DB } = env;
    switch (identifyQueue(batch.queue)) {
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
  },

  scheduled: ({ cron }, env) => runJobs(cron, env),
} satisfies ExportedHandler<Env>;
