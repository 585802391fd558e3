// Creates the tables of `DB` for each test file inside workerd. migrate-log-shards.ts does so for further databases.

import { env } from 'cloudflare:workers';
import { migrate } from './migrate.ts';

await migrate(env.DB);
