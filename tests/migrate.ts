// Applies the migrations inside workerd, in one transaction: one per migration takes several times as long.

import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';

export const migrate = (database: D1Database): Promise<void> =>
  applyD1Migrations(database, [{ name: 'all', queries: env.TEST_MIGRATIONS.flatMap(({ queries }) => queries) }]);
