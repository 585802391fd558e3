// Creates the tables of those databases that only tests of a log in several databases use.

import { env } from 'cloudflare:workers';
import { migrate } from './migrate.ts';

export async function migrateLogShards(): Promise<void> {
  for (const database of [env.TEST_LOG_1, env.TEST_LOG_2, env.TEST_LOG_3]) await migrate(database);
}
