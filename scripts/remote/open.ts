// Opens the stores that one of the account's Workers uses, for a Node command. It creates no database, bucket or table:
// `npm run deploy` does.

import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { LogBindings } from '../../workers/storage/log-shards.ts';
import type { Stores } from '../../workers/storage/stores.ts';
import { type ExistingDatabase, readBuckets, readDatabases } from '../deploy/account.ts';
import { type CloudflareApi, CloudflareError } from '../deploy/api.ts';
import { type Configuration, type ConfigurationFile, deriveConfiguration } from '../deploy/configuration.ts';
import { listMigrations } from '../deploy/plan.ts';
import { readConfigurationFile, type SignedIn, signIn } from '../deploy/sign-in.ts';
import { PROJECT_DIR } from '../local/project.ts';
import { openRemoteBucket } from './bucket.ts';
import { assertTypedParameters, openRemoteDatabase } from './database.ts';
import { createPace } from './pace.ts';
import type { S3Credentials } from './sign-request.ts';

const RETRY_WAIT_MS = 1_000;

export interface RemoteRequest {
  /**
   * CLOUDFLARE_API_TOKEN, CLOUDFLARE_ACCOUNT_ID; CLOUDFLARE_API_BASE_URL and CLOUDFLARE_R2_BASE_URL for other servers.
   */
  env: NodeJS.ProcessEnv;
  /** Undefined for the store's main one. */
  environment: string | undefined;
  /** Gets the line that names the account and the stores, before anything is read or written there. */
  report(line: string): void;
  readConfiguration?: () => Promise<ConfigurationFile>;
  retryWaitMs?: number;
}
export interface RemoteStores {
  stores: Stores & LogBindings;
  accountId: string;
  /** The Worker's that uses them, with the environment's settings. */
  configuration: Configuration;
}

/** Throws if a store is missing, or if its tables are of another version. */
export async function openRemoteStores(request: RemoteRequest): Promise<RemoteStores> {
  const { env, environment, report, readConfiguration = readConfigurationFile } = request;
  const signedIn = await signIn(env);
  const { api, accountId } = signedIn;
  const configuration = deriveConfiguration(await readConfiguration(), environment);
  report(describe(accountId, configuration));
  const root = `/accounts/${accountId}`;
  const [databases, buckets, credentials] = await Promise.all([
    readDatabases(api, root, configuration),
    readBuckets(api, root, configuration),
    readS3Credentials(signedIn),
  ]);
  assertDeployed(configuration, environment, databases, buckets);
  const waitMs = request.retryWaitMs ?? RETRY_WAIT_MS;
  const pace = createPace();
  const opened = new Map(
    [...databases].map(([name, { id }]) => [
      name,
      openRemoteDatabase({ api, path: `${root}/d1/database/${id}`, pace, waitMs }),
    ]),
  );
  const endpoint = env.CLOUDFLARE_R2_BASE_URL ?? `https://${accountId}.r2.cloudflarestorage.com`;
  const stores = {
    ...Object.fromEntries(configuration.d1_databases.map((own) => [own.binding, opened.get(own.database_name)!])),
    ...Object.fromEntries(
      configuration.r2_buckets.map(({ binding, bucket_name: bucket }) => [
        binding,
        openRemoteBucket({ endpoint, bucket, credentials, waitMs }),
      ]),
    ),
  } as unknown as Stores & LogBindings;
  await assertTypedParameters(stores.DB);
  return { stores, accountId, configuration };
}

function describe(accountId: string, { name, d1_databases, r2_buckets }: Configuration): string {
  const databases = [...new Set(d1_databases.map(({ database_name }) => database_name))];
  const buckets = r2_buckets.map(({ bucket_name }) => bucket_name);
  return `Account ${accountId}, Worker ${name}: D1 ${databases.join(', ')}; R2 ${buckets.join(', ')}`;
}

/** R2's keys of a token (https://developers.cloudflare.com/r2/api/tokens/): its id, and the sha256 of its text. */
async function readS3Credentials({ api, accountId, token }: SignedIn): Promise<S3Credentials> {
  const id = await readTokenId(api, accountId);
  return { accessKeyId: id, secretAccessKey: createHash('sha256').update(token).digest('hex') };
}

/** A token belongs to a user or to the account; each is known only to its own call. */
async function readTokenId(api: CloudflareApi, accountId: string): Promise<string> {
  const verify = async (owner: string) => (await api.call<{ id: string }>('GET', `${owner}/tokens/verify`)).id;
  try {
    return await verify('/user');
  } catch (error) {
    if (!(error instanceof CloudflareError) || error.status >= 500 || error.status === 429) throw error;
    return verify(`/accounts/${accountId}`);
  }
}

function assertDeployed(
  configuration: Configuration,
  environment: string | undefined,
  databases: ReadonlyMap<string, ExistingDatabase>,
  buckets: ReadonlySet<string>,
): void {
  const deploy = `npm run deploy${environment === undefined ? '' : ` -- --env ${environment}`}`;
  const missing = [
    ...configuration.d1_databases
      .filter(({ database_name }) => !databases.has(database_name))
      .map(({ database_name }) => `D1 database ${database_name}`),
    ...configuration.r2_buckets
      .filter(({ bucket_name }) => !buckets.has(bucket_name))
      .map(({ bucket_name }) => `R2 bucket ${bucket_name}`),
  ];
  if (missing.length > 0)
    throw new Error(`the account has no ${[...new Set(missing)].join(' and no ')}: run \`${deploy}\` first`);
  const [behind] = listMigrations(configuration, { databases });
  if (behind !== undefined)
    throw new Error(`D1 database ${behind.database} lacks ${behind.files.join(', ')}: run \`${deploy}\` first`);
  for (const { database_name, migrations_dir } of configuration.d1_databases) {
    const known = new Set(readdirSync(path.resolve(PROJECT_DIR, migrations_dir)));
    const newer = databases.get(database_name)!.migrations.filter((file) => !known.has(file));
    if (newer.length > 0)
      throw new Error(`D1 database ${database_name} has ${newer.join(', ')} of another version: use that version`);
  }
}
