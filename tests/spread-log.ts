// Adds databases to the log of a copy of this project, for tests.

import { readFileSync, writeFileSync } from 'node:fs';

/** Adds `LOG_1` to `LOG_<count>`, as docs/scale.md describes. `config`: the copy's wrangler.toml. */
export function spreadLog(config: string, count: number): void {
  const entries = Array.from({ length: count }, (_, index) => {
    const name = `bloodstream-log-${index + 1}`;
    const lines = { binding: `LOG_${index + 1}`, database_name: name, database_id: name, migrations_dir: 'migrations' };
    return `[[d1_databases]]\n${Object.entries(lines)
      .map(([key, value]) => `${key} = "${value}"\n`)
      .join('')}`;
  });
  const before = readFileSync(config, 'utf8');
  writeFileSync(config, before.replace('[[r2_buckets]]', `${entries.join('\n')}\n[[r2_buckets]]`));
}
