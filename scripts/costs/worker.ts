// The product's Worker with counted bindings, for `npm run costs` alone. The product's code is imported as it is. A
// request to /costs/… asks for the counts, and is not counted.

import worker, { UserSignals as ProductSignals } from '../../workers/index.ts';
import { type Counter, countBindings } from './count-bindings.ts';
import { countHandlers, countStorage } from './count-object.ts';
import { emptyUsage, type Meter } from './usage.ts';

/**
 * Assumed: a call from an object to D1, R2, a queue or another object takes this long on the way, one after the other.
 * On one machine it takes next to nothing.
 */
const CALL_SECONDS = 0.1;

/** Requests, consumers, crons and objects of the Worker share one isolate. */
const usage = emptyUsage();
const add = (meter: Meter, amount: number) => {
  usage[meter] += amount;
  // Each invocation is logged, whether it prints anything or not.
  if (meter === 'requests' || meter === 'objectRequests') usage.logEvents += amount;
};
const inWorker: Counter = { add, noteCall() {} };
const inObject: Counter = { add, noteCall: () => add('objectSeconds', CALL_SECONDS) };

for (const level of ['log', 'warn', 'error'] as const) {
  const print = console[level];
  console[level] = (...args: unknown[]) => {
    add('logEvents', 1);
    print(...args);
  };
}

const counted = new WeakMap<object, Env>();
/** One for each environment: an isolate's caches belong to it. */
function countOnce(env: Env): Env {
  const known = counted.get(env) ?? countBindings(env, inWorker);
  counted.set(env, known);
  return known;
}

export class UserSignals extends ProductSignals {
  constructor(ctx: DurableObjectState, env: Env) {
    countStorage(ctx.storage, inObject);
    super(ctx, countBindings(env, inObject));
  }

  readBytes(): number {
    return this.ctx.storage.sql.databaseSize;
  }
}
countHandlers(UserSignals.prototype, ProductSignals.prototype, inObject);

export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/costs/usage') return Response.json(usage);
    if (pathname === '/costs/object-bytes') return Response.json(await sumBytes(env, searchParams.getAll('userId')));
    add('requests', 1);
    return worker.fetch(request, countOnce(env), ctx);
  },

  queue(batch, env, ctx) {
    add('requests', 1);
    return worker.queue(batch, countOnce(env), ctx);
  },

  scheduled(controller, env) {
    add('requests', 1);
    return worker.scheduled(controller, countOnce(env));
  },
} satisfies ExportedHandler<Env>;

async function sumBytes(env: Env, userIds: readonly string[]): Promise<number> {
  const objects = env.USER_SIGNALS as unknown as DurableObjectNamespace<UserSignals>;
  const sizes = await Promise.all(userIds.map((userId) => objects.getByName(userId).readBytes()));
  return sizes.reduce((sum, size) => sum + size, 0);
}
