// The databases of an environment, with their rows counted in the metric `database-rows` under one purpose.

import { countRows } from './count-rows.ts';
import { count } from './isolate-counts.ts';
import { isShardBinding } from './log-shards.ts';

/** One for each purpose in an isolate: an environment gets the same databases each time, which caches go by. */
export function openMeter(by: string): <E extends { DB: D1Database }>(env: E) => E {
  const metered = new WeakMap<object, object>();
  const meterDatabase = (db: D1Database) =>
    countRows(db, ({ rows_read, rows_written }) => {
      count('database-rows', { by, operation: 'read' }, rows_read);
      count('database-rows', { by, operation: 'written' }, rows_written);
    });
  return <E extends { DB: D1Database }>(env: E): E => {
    const known = metered.get(env);
    if (known !== undefined) return known as E;
    const databases = Object.entries(env)
      .filter(([name]) => name === 'DB' || isShardBinding(name))
      .map(([name, db]) => [name, meterDatabase(db as D1Database)]);
    const opened = { ...env, ...Object.fromEntries(databases) } as E;
    metered.set(env, opened);
    return opened;
  };
}
