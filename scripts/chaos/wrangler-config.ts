// Writes the configuration with which wrangler runs worker.ts (the product's, without the page, with any number of
// databases for the log), and creates the tables. It needs a process of its own: importing wrangler replaces the
// connections of `fetch`, and a broken one then ends the process. Argument: a ChaosConfig as JSON.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { unstable_readConfig } from 'wrangler';
import { withPlatform } from '../local/platform.ts';
import { PROJECT_DIR } from '../local/project.ts';
import type { Shares } from './disturb-queue.ts';

export interface ChaosConfig {
  file: string;
  state: string;
  key: string;
  faults: Shares;
  /** Databases for the log. */
  shards: number;
}

const { file, state, key, faults, shards }: ChaosConfig = JSON.parse(process.argv[2]!);
const product = unstable_readConfig({ config: path.join(PROJECT_DIR, 'wrangler.toml') });
const { name, compatibility_date, d1_databases, r2_buckets, durable_objects, migrations, queues, ratelimits, vars } =
  product;
const config = {
  name,
  compatibility_date,
  d1_databases: [...d1_databases, ...Array.from({ length: shards - 1 }, (_, index) => bindShard(index + 1))],
  r2_buckets,
  durable_objects,
  migrations,
  queues,
  ratelimits,
  main: path.join(import.meta.dirname, 'worker.ts'),
  vars: { ...vars, ADMIN_KEY: key, QUEUE_FAULTS: faults },
};
writeFileSync(file, JSON.stringify(config));
await withPlatform(state, async () => {}, file);

function bindShard(shard: number) {
  const name = `chaos-log-${shard}`;
  return { binding: `LOG_${shard}`, database_name: name, database_id: name, migrations_dir: 'migrations' };
}
