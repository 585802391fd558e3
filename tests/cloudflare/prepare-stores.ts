// Makes the stores of a Worker on the stand-in, as a deployment does, in a moment and without wrangler.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT_DIR } from '../../scripts/local/project.ts';
import type { CloudflareAccount } from './account.ts';

/** `name`: of the D1 database, with all tables, and of the R2 bucket. Returns the id of the database. */
export function prepareStores(account: CloudflareAccount, name: string): string {
  const { uuid, sql } = account.createDatabase(name);
  sql.exec('create table d1_migrations (id integer primary key autoincrement, name text unique)');
  const folder = path.join(PROJECT_DIR, 'migrations');
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.sql')) continue;
    sql.exec(readFileSync(path.join(folder, file), 'utf8'));
    sql.prepare('insert into d1_migrations (name) values (?)').run(file);
  }
  account.createBucket(name);
  return uuid;
}
