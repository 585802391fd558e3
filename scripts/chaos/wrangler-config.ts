// Writes the configuration with which wrangler runs worker.ts: the product's own, without the page. A process of its
// own, because importing wrangler replaces what `fetch` connects with, which ends the process when a connection breaks.
// Arguments: the file, the key, and the queue's faults as JSON.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { unstable_readConfig } from 'wrangler';
import { PROJECT_DIR } from '../local/project.ts';
import type { Shares } from './disturb-queue.ts';

const [, , file, key, faults] = process.argv as string[];
const product = unstable_readConfig({ config: path.join(PROJECT_DIR, 'wrangler.toml') });
const { name, compatibility_date, d1_databases, r2_buckets, durable_objects, migrations, queues, vars } = product;
const config = {
  name,
  compatibility_date,
  d1_databases,
  r2_buckets,
  durable_objects,
  migrations,
  queues,
  main: path.join(import.meta.dirname, 'worker.ts'),
  vars: { ...vars, ADMIN_KEY: key, QUEUE_FAULTS: JSON.parse(faults!) as Shares },
};
writeFileSync(file!, JSON.stringify(config));
