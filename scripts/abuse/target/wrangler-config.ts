// Writes the configuration with which wrangler runs the product's Worker, without the page, and creates the tables. It
// needs a process of its own: importing wrangler replaces the connections of `fetch`. Argument: an AbuseConfig as JSON.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { unstable_readConfig } from 'wrangler';
import { withPlatform } from '../../local/platform.ts';
import { PROJECT_DIR } from '../../local/project.ts';

export interface AbuseConfig {
  file: string;
  state: string;
  /** Replace settings of wrangler.toml. */
  vars: Readonly<Record<string, string>>;
}

const { file, state, vars }: AbuseConfig = JSON.parse(process.argv[2]!);
const product = unstable_readConfig({ config: path.join(PROJECT_DIR, 'wrangler.toml') });
const { name, compatibility_date, d1_databases, r2_buckets, durable_objects, migrations, queues, ratelimits } = product;
const config = {
  name,
  compatibility_date,
  d1_databases,
  r2_buckets,
  durable_objects,
  migrations,
  queues,
  ratelimits,
  main: path.join(PROJECT_DIR, 'workers/index.ts'),
  vars: { ...product.vars, ...vars },
};
writeFileSync(file, JSON.stringify(config));
await withPlatform(state, async () => {}, file);
