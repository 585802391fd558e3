// Migrates the databases of each test file inside workerd.

import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';

for (const database of [env.DB, env.TEST_LOG_1, env.TEST_LOG_2, env.TEST_LOG_3])
  await applyD1Migrations(database, env.TEST_MIGRATIONS);
