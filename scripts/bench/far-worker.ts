// The product's Worker, far from its stores: every call of D1 and R2, or of a player's object, takes longer. For
// `npm run bench -- planet` alone.

import worker from '../../workers/index.ts';

export { UserSignals } from '../../workers/index.ts';

interface FarEnv extends Env {
  /** Milliseconds that each call takes longer. */
  STORE_MS: string;
  OBJECT_MS: string;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The same object, whose methods begin later. */
const delay = <T extends object>(target: T, ms: number): T =>
  new Proxy(target, {
    get: (_, name) => {
      const value = Reflect.get(target, name);
      return typeof value !== 'function'
        ? value
        : async (...given: unknown[]) => {
            await sleep(ms);
            // A property of an object's stub, such as `apply`, would be a method of the object.
            return Reflect.apply(value, target, given);
          };
    },
  });

/** D1 prepares a statement at once and runs it later. */
function delayDatabase(db: D1Database, ms: number): D1Database {
  const originals = new WeakMap<object, D1PreparedStatement>();
  const wrap = (statement: D1PreparedStatement): D1PreparedStatement => {
    const far = new Proxy(delay(statement, ms), {
      get: (slow, name) =>
        name === 'bind' ? (...values: unknown[]) => wrap(statement.bind(...values)) : Reflect.get(slow, name),
    });
    originals.set(far, statement);
    return far;
  };
  return {
    ...delay(db, ms),
    prepare: (sql: string) => wrap(db.prepare(sql)),
    batch: async (statements: D1PreparedStatement[]) => {
      await sleep(ms);
      return db.batch(statements.map((statement) => originals.get(statement)!));
    },
  } as unknown as D1Database;
}

function moveAway(env: FarEnv): FarEnv {
  const [storeMs, objectMs] = [Number(env.STORE_MS), Number(env.OBJECT_MS)];
  const { DB, BUCKET, USER_SIGNALS: objects } = env;
  const far = storeMs > 0 && { DB: delayDatabase(DB, storeMs), BUCKET: delay(BUCKET, storeMs) };
  const getByName = (name: string) => delay(objects.getByName(name), objectMs);
  return { ...env, ...far, ...(objectMs > 0 && { USER_SIGNALS: { getByName } as unknown as typeof objects }) };
}

export default {
  fetch: (request, env, ctx) => worker.fetch(request, moveAway(env), ctx),
  queue: (batch, env, ctx) => worker.queue(batch, env, ctx),
} satisfies ExportedHandler<FarEnv>;
