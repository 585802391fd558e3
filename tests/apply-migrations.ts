// Creates the tables of the database for each test file inside workerd. migrate-log-shards.ts: those of more databases.

import { env } from 'cloudflare:workers';
import { migrate } from './migrate.ts';

await migrate(env.DB);
