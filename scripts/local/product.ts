// The product's configuration for benches, costs and chaos, without the static page. In front of a Worker with one,
// wrangler runs two Workers of its own in the same process, which each request passes through. On an account, these are
// Cloudflare's.

import path from 'node:path';
import { loadWrangler } from './load-wrangler.ts';
import { PROJECT_DIR } from './project.ts';

export function readProduct() {
  const product = loadWrangler().unstable_readConfig({ config: path.join(PROJECT_DIR, 'wrangler.toml') });
  const { name, compatibility_date, keep_names, vars, ratelimits } = product;
  const { d1_databases, r2_buckets, durable_objects, migrations, queues } = product;
  const main = path.join(PROJECT_DIR, 'workers/index.ts');
  const stores = { d1_databases, r2_buckets, durable_objects, migrations, queues };
  return { name: name!, main, compatibility_date, keep_names, vars, ratelimits, ...stores };
}
