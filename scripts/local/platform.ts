// Opens the local D1 and R2 of `wrangler dev` for a Node command. It starts no server and opens no Durable Object:
// those bindings do not work outside workerd.

import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isShardBinding, type LogBindings, listLogShards } from '../../workers/storage/log-shards.ts';
import type { Stores } from '../../workers/storage/stores.ts';
import { makeClosable } from './closable-bucket.ts';
import { endWorkerdsWithParent } from './end-with-parent.ts';
import { loadWrangler } from './load-wrangler.ts';
import { PROJECT_DIR } from './project.ts';

/** Another process may be opening or closing the database, which locks it: see watched-server.ts. */
const OPEN_ATTEMPTS = 10;
const OPEN_RETRY_MS = 200;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type LogStores = Stores & LogBindings;
export type Platform = LogStores & {
  /** The folder that holds the stores. */
  readonly state: string;
  dispose(): Promise<void>;
};

const CONFIG = path.join(PROJECT_DIR, 'wrangler.toml');

/**
 * Creates missing tables. `state`: the folder that `wrangler dev --persist-to` gets. `config`: the file that binds the
 * databases.
 */
export async function openPlatform(state: string, config = CONFIG): Promise<Platform> {
  const proxy = await keepSignalHandlers(() =>
    loadWrangler().getPlatformProxy<LogStores>({
      configPath: writeStoresConfig(config),
      persist: { path: path.join(state, 'v3') },
      remoteBindings: false,
    }),
  );
  const forgetWorkerds = endWorkerdsWithParent();
  const { bucket, close } = makeClosable(proxy.env.BUCKET);
  const dispose = async () => {
    await close();
    await proxy.dispose();
    forgetWorkerds();
  };
  const stores = { ...proxy.env, BUCKET: bucket };
  try {
    for (const database of [stores.DB, ...listLogShards(stores)]) await applyMigrations(database);
  } catch (error) {
    await dispose();
    throw error;
  }
  return { ...stores, state, dispose };
}

/**
 * Removes the handlers that `open` adds for signals that the command handles: miniflare's exit the process at once,
 * before the command has ended its own children. Its hook on exit stays, and stops workerd.
 */
async function keepSignalHandlers<T>(open: () => Promise<T>): Promise<T> {
  const handled = SIGNALS.map((signal) => ({ signal, own: process.listeners(signal) }));
  const opened = await open();
  for (const { signal, own } of handled)
    if (own.length > 0)
      for (const listener of process.listeners(signal))
        if (!own.includes(listener)) process.removeListener(signal, listener);
  return opened;
}

/** Keeps the platform open until `run` settles. */
export async function withPlatform<T>(
  state: string,
  run: (platform: Platform) => Promise<T>,
  config = CONFIG,
): Promise<T> {
  const platform = await openPlatform(state, config);
  try {
    return await run(platform);
  } finally {
    await platform.dispose();
  }
}

/** The settings of wrangler.toml. */
export const readVars = <Vars extends object>(): Vars =>
  loadWrangler().unstable_readConfig({ config: CONFIG }).vars as Vars;

/** Writes the part that a Node command can open, beside the configuration: wrangler warns about the rest. */
function writeStoresConfig(config: string): string {
  const { name, compatibility_date, d1_databases, r2_buckets } = loadWrangler().unstable_readConfig({ config });
  assertShardsDiffer(d1_databases, config);
  const file = path.join(path.dirname(config), '.wrangler/stores.json');
  mkdirSync(path.dirname(file), { recursive: true });
  // Renamed when complete: another command may be reading the file.
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify({ name, compatibility_date, d1_databases, r2_buckets }));
  renameSync(draft, file);
  return file;
}

/** Throws if two entries of the log name the same database: each event would be counted and exported for both. */
function assertShardsDiffer(databases: readonly { binding: string; database_id?: string }[], config: string): void {
  const shards = databases.filter(({ binding, database_id }) => isShardBinding(binding) && database_id !== undefined);
  for (const [id, own] of Map.groupBy(shards, ({ database_id }) => database_id))
    if (own.length > 1)
      throw new Error(
        `${own.map(({ binding }) => binding).join(' and ')} have the same database_id, “${id}”: ` +
          `give each database of the log one of its own in ${config}`,
      );
}

/**
 * Applies missing migrations and records them in wrangler's own table, so that `wrangler d1 migrations apply` agrees.
 */
async function applyMigrations(db: D1Database): Promise<void> {
  const folder = path.join(PROJECT_DIR, 'migrations');
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  const table = await openDatabase(db);
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
        id integer primary key autoincrement, name text unique,
        applied_at timestamp default current_timestamp not null)`,
    ),
    ...missing.flatMap((name) => [
      ...readFileSync(path.join(folder, name), 'utf8')
        .split('--> statement-breakpoint')
        .map((statement) => db.prepare(statement)),
      db.prepare('insert into d1_migrations (name) values (?1)').bind(name),
    ]),
  ]);
}

/** Reads, which opens the database. Returns the table of migrations; null if there is none. */
export async function openDatabase(db: D1Database): Promise<unknown> {
  for (let attempt = 1; ; attempt++)
    try {
      return await db.prepare("select 1 from sqlite_master where name = 'd1_migrations'").first();
    } catch (error) {
      // SQLITE_BUSY, of which workerd says only “internal error”.
      if (attempt === OPEN_ATTEMPTS) throw error;
      await sleep(OPEN_RETRY_MS);
    }
}
