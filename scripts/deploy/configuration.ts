// Derives from wrangler.toml what is deployed: names of the environment's own, and no ids. The ids in wrangler.toml are
// those of the local databases; on an account, databases are found by name. It reads and writes no files.

import path from 'node:path';
import { crc32 } from 'node:zlib';
import { isShardBinding } from '../../workers/storage/log-shards.ts';
import { nameQueue } from '../../workers/storage/queue-names.ts';

export interface Database {
  binding: string;
  database_name: string;
  migrations_dir: string;
}
export interface Consumer {
  queue: string;
  max_batch_size: number;
  max_batch_timeout: number;
  max_retries: number;
  dead_letter_queue?: string;
}
export type Route = string | { pattern: string; custom_domain?: boolean };
/** The parts of wrangler.toml that a deployment reads; the others are passed on. */
export interface Configuration {
  name: string;
  main: string;
  assets: { directory: string };
  build?: { command: string };
  vars: Record<string, string>;
  d1_databases: Database[];
  r2_buckets: { binding: string; bucket_name: string }[];
  queues: { producers: { binding: string; queue: string }[]; consumers: Consumer[] };
  triggers: { crons: string[] };
  ratelimits: { namespace_id: string }[];
  routes?: Route[];
  workers_dev?: boolean;
}
/** wrangler.toml as it is. A section [env.NAME] may replace any part of it; its variables are added. */
export type ConfigurationFile = Configuration & { env?: Record<string, Partial<Configuration>>; route?: Route };

const RATE_LIMIT_NAMESPACES = 1_000_000;

/** `environment`: undefined for the store's main one. Paths stay relative to the repository. */
export function deriveConfiguration(file: ConfigurationFile, environment: string | undefined): Configuration {
  const { env = {}, route, ...main } = file;
  if (route !== undefined) throw new Error('write the route as `routes = [ … ]` in wrangler.toml');
  assertSettings('vars', main, main.vars);
  if (environment === undefined) return complete(main);
  const own = env[environment] ?? {};
  assertSettings(`env.${environment}.vars`, own, main.vars);
  const separated = complete(separate(main, environment, own));
  assertNothingShared(complete(main), separated, environment);
  return separated;
}

const SETTING = /^[A-Z][A-Z0-9_]*$/;

/** Throws for a setting in the wrong place or of an unknown name: both would be ignored. */
function assertSettings(section: string, { vars = {}, ...rest }: Partial<Configuration>, known: object): void {
  const misplaced = Object.keys(rest).find((name) => SETTING.test(name));
  if (misplaced !== undefined)
    throw new Error(`nothing reads ${misplaced} where it stands in wrangler.toml: move it below [${section}]`);
  const unknown = Object.keys(vars).find((name) => !(name in known));
  if (unknown !== undefined)
    throw new Error(`${unknown} below [${section}] in wrangler.toml is no setting: [vars] names them all`);
}

function complete(chosen: Configuration): Configuration {
  const databases = chosen.d1_databases.map(({ binding, database_name, migrations_dir }) => ({
    binding,
    database_name,
    migrations_dir,
  }));
  assertShardsDiffer(databases);
  return { ...chosen, d1_databases: databases, queues: renameQueues(chosen) };
}

/** Another environment shares nothing with the main one; with the same routes, it would take players away. */
function separate(main: Configuration, environment: string, own: Partial<Configuration>): Configuration {
  const { routes: _, ...shared } = main;
  const offset = 1 + (crc32(environment) % RATE_LIMIT_NAMESPACES);
  return {
    ...shared,
    name: `${main.name}-${environment}`,
    d1_databases: main.d1_databases.map((database) => ({
      ...database,
      database_name: `${database.database_name}-${environment}`,
    })),
    r2_buckets: main.r2_buckets.map((bucket) => ({ ...bucket, bucket_name: `${bucket.bucket_name}-${environment}` })),
    ratelimits: main.ratelimits.map((limit) => ({
      ...limit,
      namespace_id: String(Number(limit.namespace_id) + offset),
    })),
    ...own,
    vars: { ...main.vars, ...own.vars },
  };
}

/** Its players' data would mix, and taking the environment down would delete the main one's. */
function assertNothingShared(main: Configuration, separated: Configuration, environment: string): void {
  const own = new Set(listNames(separated));
  const shared = [...new Set(listNames(main))].filter((name) => own.has(name));
  if (shared.length > 0)
    throw new Error(
      `the environment ${environment} shares ${shared.join(', ')} with the main one: ` +
        `below [env.${environment}] in wrangler.toml, give it another name, or leave it out: the name is then derived`,
    );
}

const listNames = (configuration: Configuration): string[] => [
  `Worker ${configuration.name}`,
  ...configuration.d1_databases.map(({ database_name }) => `D1 database ${database_name}`),
  ...configuration.r2_buckets.map(({ bucket_name }) => `R2 bucket ${bucket_name}`),
  ...listQueues(configuration).map((queue) => `queue ${queue}`),
  ...configuration.ratelimits.map(({ namespace_id }) => `rate limit ${namespace_id}`),
];

function renameQueues({ name, queues }: Configuration): Configuration['queues'] {
  const rename = (queue: string) => nameQueue(name, queue);
  return {
    producers: queues.producers.map((producer) => ({ ...producer, queue: rename(producer.queue) })),
    consumers: queues.consumers.map((consumer) => ({
      ...consumer,
      queue: rename(consumer.queue),
      ...(consumer.dead_letter_queue && { dead_letter_queue: rename(consumer.dead_letter_queue) }),
    })),
  };
}

/** Each event would be counted and exported for both. */
function assertShardsDiffer(databases: readonly Database[]): void {
  const shards = databases.filter(({ binding }) => isShardBinding(binding));
  for (const [name, own] of Map.groupBy(shards, ({ database_name }) => database_name))
    if (own.length > 1)
      throw new Error(
        `${own.map(({ binding }) => binding).join(' and ')} have the same database_name, “${name}”: ` +
          'give each database of the log one of its own in wrangler.toml',
      );
}

/** The same with absolute paths, for a file in any folder. */
export const locate = (configuration: Configuration, project: string): Configuration => ({
  ...configuration,
  main: path.resolve(project, configuration.main),
  assets: { ...configuration.assets, directory: path.resolve(project, configuration.assets.directory) },
  d1_databases: configuration.d1_databases.map((database) => ({
    ...database,
    migrations_dir: path.resolve(project, database.migrations_dir),
  })),
});

/** The databases, each once, with all of its bindings. */
export function listDatabases({ d1_databases }: Configuration): { name: string; bindings: string[]; folder: string }[] {
  return [...Map.groupBy(d1_databases, ({ database_name }) => database_name)].map(([name, own]) => ({
    name,
    bindings: own.map(({ binding }) => binding),
    folder: own[0]!.migrations_dir,
  }));
}

export const listQueues = ({ queues }: Configuration): string[] => [
  ...new Set([...queues.producers.map(({ queue }) => queue), ...queues.consumers.map(({ queue }) => queue)]),
];

/** The host of the Worker's own domain or route; undefined if there is none without “*”. */
export function findHost({ routes = [] }: Configuration): string | undefined {
  const hosts = routes.map((route) => (typeof route === 'string' ? route : route.pattern).split('/')[0]!);
  return hosts.find((host) => !host.includes('*'));
}

/** True if the Worker also answers under workers.dev, by wrangler's default or its setting. */
export const isOnWorkersDev = ({ workers_dev, routes = [] }: Configuration): boolean =>
  workers_dev ?? routes.length === 0;
