// Creates the tables of the databases that only tests of a log in several use.

import { env } from 'cloudflare:workers';
import { migrate } from './migrate.ts';

export async function migrateLogShards(): Promise<void> {
  for (const database of [env.TEST_LOG_1, env.TEST_LOG_2, env.TEST_LOG_3]) await migrate(database);
}
