// Writes the configuration with which wrangler runs worker.ts: the product's own, without the page.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { unstable_readConfig } from 'wrangler';
import { PROJECT_DIR } from '../local/project.ts';
import type { Shares } from './disturb-queue.ts';

/** Returns the path of the file, in the state folder. */
export function writeWranglerConfig(state: string, key: string, faults: Shares): string {
  const product = unstable_readConfig({ config: path.join(PROJECT_DIR, 'wrangler.toml') });
  const { name, compatibility_date, d1_databases, r2_buckets, durable_objects, migrations, queues } = product;
  const file = path.join(state, 'wrangler.json');
  mkdirSync(state, { recursive: true });
  const config = {
    name,
    compatibility_date,
    d1_databases,
    r2_buckets,
    durable_objects,
    migrations,
    queues,
    main: path.join(import.meta.dirname, 'worker.ts'),
    vars: { ADMIN_KEY: key, QUEUE_FAULTS: faults },
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}
