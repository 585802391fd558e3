// What an account has of one configuration, read and changed over Cloudflare's API. It decides nothing.

import { type CloudflareApi, CloudflareError } from './api.ts';
import { type Configuration, listDatabases, listQueues } from './configuration.ts';

const NO_WORKER_CODES = new Set([10007, 10090]);
const NO_BUCKET_CODE = 10006;
const NO_SUBDOMAIN_CODE = 10007;
const NO_TABLE = /no such table/i;

export interface QueueConsumer {
  script?: string;
  service?: string;
  dead_letter_queue?: string;
  settings?: { batch_size?: number; max_retries?: number; max_wait_time_ms?: number };
}
export interface ExistingQueue {
  id: string;
  consumers: readonly QueueConsumer[];
}
export interface ExistingDatabase {
  id: string;
  /** Names of the files, in the order of their application. */
  migrations: readonly string[];
}
export interface ExistingWorker {
  versionId: string;
  /** The digest of the bundle, if a deployment by this command left one. */
  tag: string | undefined;
  secrets: readonly string[];
  crons: readonly string[];
  hasPublicAddress: boolean;
}
export interface AccountState {
  databases: ReadonlyMap<string, ExistingDatabase>;
  buckets: ReadonlySet<string>;
  queues: ReadonlyMap<string, ExistingQueue>;
  worker: ExistingWorker | undefined;
  /** The part in front of .workers.dev; undefined if the account has not chosen one. */
  subdomain: string | undefined;
}

/** Only what the configuration names. */
export interface Account {
  readState(): Promise<AccountState>;
  createDatabase(name: string): Promise<void>;
  createBucket(name: string): Promise<void>;
  createQueue(name: string): Promise<void>;
  deleteWorker(): Promise<void>;
  deleteQueue(id: string): Promise<void>;
  deleteDatabase(id: string): Promise<void>;
  deleteBucket(name: string): Promise<void>;
}

export function openAccount(api: CloudflareApi, accountId: string, configuration: Configuration): Account {
  const root = `/accounts/${accountId}`;
  const script = `${root}/workers/scripts/${configuration.name}`;
  const change = async (method: string, path: string, body?: object) => {
    await api.call(method, `${root}${path}`, body);
  };
  return {
    async readState() {
      const [databases, buckets, queues, worker, subdomain] = await Promise.all([
        readDatabases(api, root, configuration),
        readBuckets(api, root, configuration),
        readQueues(api, root, configuration),
        readWorker(api, script),
        readSubdomain(api, root),
      ]);
      return { databases, buckets, queues, worker, subdomain };
    },
    createDatabase: (name) => change('POST', '/d1/database', { name }),
    createBucket: (name) => change('POST', '/r2/buckets', { name }),
    createQueue: (queue_name) => change('POST', '/queues', { queue_name }),
    // By force: with its objects' data, and although they are bound to it.
    deleteWorker: () => change('DELETE', `/workers/scripts/${configuration.name}?force=true`),
    deleteQueue: (id) => change('DELETE', `/queues/${id}`),
    deleteDatabase: (id) => change('DELETE', `/d1/database/${id}`),
    deleteBucket: (name) => change('DELETE', `/r2/buckets/${name}`),
  };
}

/** Those of the configuration, by name. `root`: the account's path. */
export async function readDatabases(
  api: CloudflareApi,
  root: string,
  configuration: Configuration,
): Promise<Map<string, ExistingDatabase>> {
  const names = new Set(listDatabases(configuration).map(({ name }) => name));
  const present = await api.list<{ uuid: string; name: string }>(`${root}/d1/database`);
  const own = present.filter(({ name }) => names.has(name));
  return new Map(
    await Promise.all(
      own.map(async ({ uuid, name }) => {
        const migrations = await readMigrations(api, `${root}/d1/database/${uuid}`);
        return [name, { id: uuid, migrations }] as const;
      }),
    ),
  );
}

async function readMigrations(api: CloudflareApi, database: string): Promise<string[]> {
  try {
    const sql = 'select name from d1_migrations order by id';
    const [answer] = await api.call<{ results: { name: string }[] }[]>('POST', `${database}/query`, { sql });
    return answer!.results.map(({ name }) => name);
  } catch (error) {
    if (NO_TABLE.test((error as Error).message)) return [];
    throw error;
  }
}

/** The names of those of the configuration. */
export async function readBuckets(
  api: CloudflareApi,
  root: string,
  { r2_buckets }: Configuration,
): Promise<Set<string>> {
  const found = await Promise.all(
    r2_buckets.map(({ bucket_name }) =>
      unlessMissing([NO_BUCKET_CODE], () => api.call<{ name: string }>('GET', `${root}/r2/buckets/${bucket_name}`)),
    ),
  );
  return new Set(found.flatMap((bucket) => (bucket === undefined ? [] : [bucket.name])));
}

async function readQueues(api: CloudflareApi, root: string, configuration: Configuration) {
  const names = new Set(listQueues(configuration));
  const present = await api.list<{ queue_id: string; queue_name: string; consumers?: QueueConsumer[] }>(
    `${root}/queues`,
  );
  return new Map(
    present
      .filter(({ queue_name }) => names.has(queue_name))
      .map(({ queue_id, queue_name, consumers = [] }) => [queue_name, { id: queue_id, consumers }]),
  );
}

async function readWorker(api: CloudflareApi, script: string): Promise<ExistingWorker | undefined> {
  const deployed = await unlessMissing(NO_WORKER_CODES, () =>
    api.call<{ deployments: { versions: { version_id: string; percentage: number }[] }[] }>(
      'GET',
      `${script}/deployments`,
    ),
  );
  // The latest deployment comes first. Of several versions at once, the one with the most requests counts.
  const versions = deployed?.deployments[0]?.versions.toSorted((a, b) => b.percentage - a.percentage);
  if (versions === undefined) return undefined;
  const versionId = versions[0]!.version_id;
  const [version, secrets, { schedules }, { enabled }] = await Promise.all([
    api.call<{ annotations?: Record<string, string> }>('GET', `${script}/versions/${versionId}`),
    api.call<{ name: string }[]>('GET', `${script}/secrets`),
    api.call<{ schedules: { cron: string }[] }>('GET', `${script}/schedules`),
    api.call<{ enabled: boolean }>('GET', `${script}/subdomain`),
  ]);
  return {
    versionId,
    // With several versions at once, none counts as deployed.
    tag: versions.length === 1 ? version.annotations?.['workers/tag'] : undefined,
    secrets: secrets.map(({ name }) => name),
    crons: schedules.map(({ cron }) => cron),
    hasPublicAddress: enabled,
  };
}

/** The account's part in front of .workers.dev; undefined if it has not chosen one. */
export const readSubdomain = async (api: CloudflareApi, root: string): Promise<string | undefined> =>
  (await unlessMissing([NO_SUBDOMAIN_CODE], () => api.call<{ subdomain: string }>('GET', `${root}/workers/subdomain`)))
    ?.subdomain;

/** Undefined if Cloudflare answers with one of the codes. */
async function unlessMissing<T>(codes: Iterable<number>, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof CloudflareError && new Set(codes).has(error.code)) return undefined;
    throw error;
  }
}
