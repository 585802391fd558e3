// Opens the local D1 and R2 that `wrangler dev` uses, for a Node command. It starts no server and opens no Durable
// Object: those bindings do not work outside workerd.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { getPlatformProxy, unstable_readConfig } from 'wrangler';

export const PROJECT_DIR = path.resolve(import.meta.dirname, '../..');
/** Where wrangler keeps local state if nobody says otherwise. */
export const DEFAULT_STATE_DIR = path.join(PROJECT_DIR, '.wrangler/state');

export interface Platform {
  DB: D1Database;
  BUCKET: R2Bucket;
  dispose(): Promise<void>;
}

/** `state`: the folder that `wrangler dev --persist-to` is given. The tables are created if they are not there yet. */
export async function openPlatform(state: string): Promise<Platform> {
  const proxy = await getPlatformProxy<{ DB: D1Database; BUCKET: R2Bucket }>({
    configPath: writeStoresConfig(),
    persist: { path: path.join(state, 'v3') },
    remoteBindings: false,
  });
  const { DB, BUCKET } = proxy.env;
  try {
    await applyMigrations(DB);
  } catch (error) {
    await proxy.dispose();
    throw error;
  }
  return { DB, BUCKET, dispose: () => proxy.dispose() };
}

/** For as long as `ask` takes. */
export async function withPlatform<T>(state: string, ask: (platform: Platform) => Promise<T>): Promise<T> {
  const platform = await openPlatform(state);
  try {
    return await ask(platform);
  } finally {
    await platform.dispose();
  }
}

/** The part of wrangler.toml that a Node command can open: with the rest, wrangler warns of what it leaves out. */
function writeStoresConfig(): string {
  const { name, compatibility_date, d1_databases, r2_buckets } = unstable_readConfig({
    config: path.join(PROJECT_DIR, 'wrangler.toml'),
  });
  const file = path.join(PROJECT_DIR, '.wrangler/stores.json');
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ name, compatibility_date, d1_databases, r2_buckets }));
  return file;
}

/** Applies what is missing, in wrangler's own table, so that `wrangler d1 migrations apply` agrees. */
async function applyMigrations(db: D1Database): Promise<void> {
  const folder = path.join(PROJECT_DIR, 'migrations');
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  const table = await db.prepare("select 1 from sqlite_master where name = 'd1_migrations'").first();
  const applied = new Set(
    table === null
      ? []
      : (await db.prepare('select name from d1_migrations').all<{ name: string }>()).results.map((row) => row.name),
  );
  const missing = names.filter((name) => !applied.has(name));
  if (missing.length === 0) return;
  await db.batch([
    db.prepare(
      `create table if not exists d1_migrations(
        id integer primary key autoincrement, name text unique, applied_at timestamp default current_timestamp not null)`,
    ),
    ...missing.flatMap((name) => [
      ...readFileSync(path.join(folder, name), 'utf8')
        .split('--> statement-breakpoint')
        .map((statement) => db.prepare(statement)),
      db.prepare('insert into d1_migrations (name) values (?1)').bind(name),
    ]),
  ]);
}
