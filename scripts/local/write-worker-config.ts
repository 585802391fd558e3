// Writes the configuration with which wrangler runs the product's Worker or a variant of it, without the page, and
// creates the tables. It needs a process of its own: loading wrangler replaces the connections of `fetch`, after which
// a broken one ends the process. Argument: a WorkerConfig as JSON.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { withPlatform } from './platform.ts';
import { readProduct } from './product.ts';
import { PROJECT_DIR } from './project.ts';

export interface WorkerConfig {
  file: string;
  state: string;
  /** The Worker's module, relative to the repository. */
  main: string;
  /** Settings that replace those of wrangler.toml. */
  vars: Readonly<Record<string, unknown>>;
  /** Number of databases for the log; one if left out. */
  shards?: number;
}

const { file, state, main, vars, shards = 1 }: WorkerConfig = JSON.parse(process.argv[2]!);
const product = readProduct();
const config = {
  ...product,
  d1_databases: [...product.d1_databases, ...Array.from({ length: shards - 1 }, (_, index) => bindShard(index + 1))],
  main: path.join(PROJECT_DIR, main),
  vars: { ...product.vars, ...vars },
};
writeFileSync(file, JSON.stringify(config));
await withPlatform(state, async () => {}, file);

function bindShard(shard: number) {
  const name = `log-${shard}`;
  return { binding: `LOG_${shard}`, database_name: name, database_id: name, migrations_dir: 'migrations' };
}
