// Breaks a run after its n-th write to D1, R2 or an object: the write is made, its answer is lost. Reads change
// nothing, so that a run which dies after one leaves what the write before it left.

import { type LogBindings, listLogShards } from '../workers/storage/log-shards.ts';

type Stores = Pick<Env, 'DB' | 'BUCKET' | 'USER_SIGNALS'> & LogBindings;
type Method = (...args: unknown[]) => unknown;

// A lease that a dead run holds expires, which takes longer than a test.
const WRITE = /^\s*(insert into|update|delete from) (?!leases\b)/i;
const CALLS: readonly string[] = ['run', 'all', 'first', 'raw'];
const BUCKET_WRITES: readonly string[] = ['put', 'delete'];
const OBJECT_WRITES: readonly string[] = ['erase'];

export const BROKEN = 'broken after a write';

export function breakAfter<E extends Stores>(env: E, writes: number): E {
  let made = 0;
  const write = async <T>(call: () => T): Promise<Awaited<T>> => {
    const answer = await call();
    if (++made === writes) throw new Error(BROKEN);
    return answer;
  };
  /** The same object, whose methods of these names count. */
  const wrap = <T extends object>(target: T, names: readonly string[]): T =>
    new Proxy(target, {
      get(_, name: string) {
        const value = Reflect.get(target, name) as Method;
        if (typeof value !== 'function' || name === 'then') return value;
        // Not by apply: an object's stub takes that for a method of the object.
        const call: Method = (...args) => (target as Record<string, Method>)[name]!(...args);
        return names.includes(name) ? (...args: unknown[]) => write(() => call(...args)) : call;
      },
    });
  return {
    ...env,
    DB: wrapDatabase(env.DB, write, wrap),
    ...Object.fromEntries(
      listLogShards(env).map((database, shard) => [`LOG_${shard}`, wrapDatabase(database, write, wrap)]),
    ),
    BUCKET: wrap(env.BUCKET, BUCKET_WRITES),
    USER_SIGNALS: { getByName: (name: string) => wrap(env.USER_SIGNALS.getByName(name), OBJECT_WRITES) },
  };
}

function wrapDatabase(
  db: D1Database,
  write: <T>(call: () => T) => Promise<Awaited<T>>,
  wrap: <T extends object>(target: T, names: readonly string[]) => T,
): D1Database {
  const originals = new WeakMap<D1PreparedStatement, D1PreparedStatement>();
  const wrapStatement = (statement: D1PreparedStatement, names: readonly string[]): D1PreparedStatement => {
    const wrapped = new Proxy(wrap(statement, names), {
      get: (target, name: keyof D1PreparedStatement) =>
        name === 'bind'
          ? (...args: unknown[]) => wrapStatement(statement.bind(...args), names)
          : Reflect.get(target, name),
    });
    originals.set(wrapped, statement);
    return wrapped;
  };
  return {
    prepare: (query: string) => wrapStatement(db.prepare(query), WRITE.test(query) ? CALLS : []),
    batch: (statements: D1PreparedStatement[]) => {
      const batch = () => db.batch(statements.map((statement) => originals.get(statement)!));
      return write(batch);
    },
  } as unknown as D1Database;
}
