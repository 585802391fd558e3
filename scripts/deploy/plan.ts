// Compares what an account has with what is to be deployed. It changes nothing.

import { readdirSync } from 'node:fs';
import path from 'node:path';
import { PROJECT_DIR } from '../local/project.ts';
import type { AccountState, ExistingQueue, ExistingWorker } from './account.ts';
import {
  type Configuration,
  type Consumer,
  findHost,
  isOnWorkersDev,
  listDatabases,
  listQueues,
} from './configuration.ts';

export interface Migration {
  database: string;
  /** The binding by which wrangler finds the database. */
  binding: string;
  /** Names of the files not applied yet. */
  files: readonly string[];
}
export interface Plan {
  createdDatabases: readonly string[];
  /** Buckets and queues that are missing; wrangler creates `provisioned` when it uploads the Worker. */
  createdBuckets: readonly string[];
  createdQueues: readonly string[];
  provisioned: ReadonlySet<string>;
  migrations: readonly Migration[];
  /** Secrets that the Worker lacks. */
  secrets: readonly ('ADMIN_KEY' | 'TOKEN_KEY_0')[];
  /** Why the Worker is uploaded; empty if it is not. */
  upload: readonly string[];
  /** The address of the Worker, without a path. */
  address: string;
  /** The version in use until now. */
  versionBefore: string | undefined;
}

/** `url`: the Worker's address, if it is not the one that Cloudflare gives. Throws if the Worker would have none. */
export function makePlan(
  configuration: Configuration,
  digest: string,
  state: AccountState,
  url: string | undefined,
): Plan {
  const { worker } = state;
  const buckets = configuration.r2_buckets.map(({ bucket_name }) => bucket_name);
  const createdBuckets = buckets.filter((name) => !state.buckets.has(name));
  const createdQueues = listQueues(configuration).filter((name) => !state.queues.has(name));
  const secrets = listMissingSecrets(worker);
  return {
    createdDatabases: listDatabases(configuration)
      .map(({ name }) => name)
      .filter((name) => !state.databases.has(name)),
    createdBuckets,
    createdQueues,
    provisioned: worker === undefined ? listProvisioned(configuration) : new Set(),
    migrations: listMigrations(configuration, state),
    secrets,
    upload: explainUpload(configuration, digest, state, [...createdBuckets, ...createdQueues], secrets),
    address: url ?? findAddress(configuration, state.subdomain),
    versionBefore: worker?.versionId,
  };
}

export const isEmpty = (plan: Plan): boolean =>
  plan.createdDatabases.length === 0 && plan.migrations.length === 0 && plan.upload.length === 0;

/**
 * Lists what wrangler creates at the first upload of a Worker: buckets, and queues with a producer. It creates no queue
 * without one, and fails at a new database that has two bindings, as DB and LOG_0 are.
 */
const listProvisioned = ({ r2_buckets, queues }: Configuration): Set<string> =>
  new Set([...r2_buckets.map(({ bucket_name }) => bucket_name), ...queues.producers.map(({ queue }) => queue)]);

/** Those that existing and missing databases lack. */
export function listMigrations(
  configuration: Configuration,
  { databases }: Pick<AccountState, 'databases'>,
): Migration[] {
  return listDatabases(configuration).flatMap(({ name, bindings, folder }) => {
    const applied = new Set(databases.get(name)?.migrations);
    const files = readdirSync(path.resolve(PROJECT_DIR, folder))
      .filter((file) => file.endsWith('.sql') && !applied.has(file))
      .sort();
    return files.length === 0 ? [] : [{ database: name, binding: bindings[0]!, files }];
  });
}

/** Either slot may have the key of tokens. */
function listMissingSecrets(worker: ExistingWorker | undefined): Plan['secrets'] {
  const present = worker?.secrets ?? [];
  return [
    ...(present.includes('ADMIN_KEY') ? [] : (['ADMIN_KEY'] as const)),
    ...(present.some((name) => /^TOKEN_KEY_[01]$/.test(name)) ? [] : (['TOKEN_KEY_0'] as const)),
  ];
}

function explainUpload(
  configuration: Configuration,
  digest: string,
  { worker, queues }: AccountState,
  created: readonly string[],
  secrets: readonly string[],
): string[] {
  if (worker === undefined) return ['it is new'];
  const { name, triggers, queues: own } = configuration;
  const crons = [...worker.crons].sort().join();
  const consumers = own.consumers.filter((consumer) => !isConsumed(consumer, name, queues.get(consumer.queue)));
  return [
    ...(worker.tag === digest ? [] : ['its code or its settings differ from what is deployed']),
    ...(created.length === 0 ? [] : [`it is to use ${created.join(', ')}`]),
    ...(secrets.length === 0 ? [] : [`it lacks ${secrets.join(', ')}`]),
    ...(crons === [...triggers.crons].sort().join() ? [] : ['its crons differ']),
    ...(consumers.length === 0 ? [] : [`it does not consume ${consumers.map(({ queue }) => queue).join(', ')} as set`]),
    ...(worker.hasPublicAddress === isOnWorkersDev(configuration) ? [] : ['its address differs']),
  ];
}

/** Compares only what Cloudflare answers with. */
function isConsumed(consumer: Consumer, worker: string, queue: ExistingQueue | undefined): boolean {
  const found = queue?.consumers.find(({ script, service }) => script === worker || service === worker);
  if (found === undefined) return false;
  const { dead_letter_queue, settings: { batch_size, max_retries, max_wait_time_ms } = {} } = found;
  const isSame = (present: unknown, wanted: unknown) => present === undefined || present === wanted;
  return (
    isSame(batch_size, consumer.max_batch_size) &&
    isSame(max_retries, consumer.max_retries) &&
    isSame(max_wait_time_ms, consumer.max_batch_timeout * 1_000) &&
    isSame(dead_letter_queue || undefined, consumer.dead_letter_queue)
  );
}

/** Throws if the Worker would have no address. */
export function findAddress(configuration: Configuration, subdomain: string | undefined): string {
  const host = findHost(configuration);
  if (host !== undefined) return `https://${host}`;
  if (!isOnWorkersDev(configuration))
    throw new Error('no route in wrangler.toml names a host without “*”: give the address of the Worker with --url');
  if (subdomain !== undefined) return `https://${configuration.name}.${subdomain}.workers.dev`;
  throw new Error(
    'the account has no name under workers.dev: choose one at https://dash.cloudflare.com/?to=/:account/workers, ' +
      'or give the Worker a domain of your own in wrangler.toml (docs/guides/deploy.md)',
  );
}
