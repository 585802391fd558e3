// The product's Worker with faults in its D1 and its queue, for `npm run chaos` alone. The product's code is imported
// as it is; only its bindings and its queue's batches are wrapped. Wrangler runs it with the configuration that
// scripts/local/write-worker-config.ts writes.

import worker, { UserSignals as ProductSignals } from '../../workers/index.ts';
import { listLogShards } from '../../workers/storage/log-shards.ts';
import { disturbDatabase } from './disturb-database.ts';
import { disturbBatch, type Shares } from './disturb-queue.ts';

interface ChaosEnv extends Env {
  QUEUE_FAULTS: Shares;
}

/** State of one player's object. */
export interface ObjectState {
  ids: string[];
  /** Events in the outbox. */
  unlogged: number;
}

/** Crons that read and write the log: statistics and the export. */
const CRONS = ['*/10 * * * *', '5 * * * *'];

/** Read from wrangler.log by the harness: counters in memory would die with the process. */
const report = (faults: Record<string, number>) => console.log(JSON.stringify({ chaos: faults }));

/** Until when D1 fails, epoch milliseconds. The Worker's requests, consumers and objects share one isolate. */
let outageEndsAt = 0;

/** Older events are not lost again: the resend after theirs would come twenty minutes after they were accepted. */
const LOSS_AGE_MAX_MS = 200_000;
const isLastResend = (body: unknown): boolean =>
  Array.isArray(body) && body.some(({ receivedAt }) => Date.now() - receivedAt > LOSS_AGE_MAX_MS);

const disturb = <E extends Env>(env: E): E => {
  const isDown = () => Date.now() < outageEndsAt;
  const wrap = (db: D1Database) => disturbDatabase(db, isDown, Math.random, (fault) => report({ [fault]: 1 }));
  const shards = listLogShards(env).map((database, shard) => [`LOG_${shard}`, wrap(database)]);
  return { ...env, DB: wrap(env.DB), ...Object.fromEntries(shards) };
};

export class UserSignals extends ProductSignals {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, disturb(env));
  }

  readObject(): ObjectState {
    const { actions, impressions } = this.snapshot();
    const rows = this.readHeldRows('unlogged', 0, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    const unlogged = rows.flatMap(({ body }) => JSON.parse(String(body)));
    return { ids: [...actions, ...impressions].map(({ id }) => id), unlogged: unlogged.length };
  }
}

export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    switch (pathname) {
      case '/chaos/outage':
        outageEndsAt = Date.now() + Number(searchParams.get('ms'));
        return Response.json({});
      case '/chaos/objects':
        return Response.json(await readObjects(env, searchParams.getAll('userId')));
      case '/chaos/crons':
        return Response.json(await untilDone(ctx, runCrons(disturb(env))));
      default:
        return worker.fetch(request, disturb(env), ctx);
    }
  },

  async queue(batch, env, ctx) {
    if (batch.queue !== 'events') return worker.queue(batch, disturb(env), ctx);
    const { batches, report: faults } = disturbBatch(batch, env.QUEUE_FAULTS, Math.random, isLastResend);
    report({ ...faults });
    for (const disturbed of batches) await worker.queue(disturbed, disturb(env), ctx);
  },

  scheduled: (controller, env) => worker.scheduled(controller, disturb(env)),
} satisfies ExportedHandler<ChaosEnv>;

const readObjects = (env: ChaosEnv, userIds: readonly string[]): Promise<ObjectState[]> => {
  const objects = env.USER_SIGNALS as unknown as DurableObjectNamespace<UserSignals>;
  return Promise.all(userIds.map((userId) => objects.getByName(userId).readObject()));
};

/** Goes on if the client does not wait for the answer. */
async function untilDone(ctx: ExecutionContext, work: Promise<unknown>): Promise<object> {
  ctx.waitUntil(work);
  await work;
  return {};
}

/** Two of each at once, as when a run is slow. A failing job records its failure. */
const runCrons = (env: Env): Promise<unknown> =>
  Promise.allSettled(
    [...CRONS, ...CRONS].map((cron) => worker.scheduled({ cron, scheduledTime: Date.now(), noRetry() {} }, env)),
  );
