// The paths of Cloudflare's API that the stand-in answers, below the account. A call that it does not know is an error.

import { type Binding, type CloudflareAccount, type Metadata, Refusal } from './account.ts';
import type { Query } from './database.ts';

interface Call {
  account: CloudflareAccount;
  /** The variable parts of the path. */
  parameters: string[];
  query: URLSearchParams;
  text: string;
  form(): Promise<FormData>;
}
interface Route {
  answer(call: Call): unknown;
  changes: boolean;
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
/** wrangler reads its expiry, in epoch seconds. */
export const UPLOAD_TOKEN = `${encode({ alg: 'none' })}.${encode({ exp: 4_102_444_800 })}.`;

/** A new secret is a new version with everything else as it was. */
const KEPT_TYPES = ['d1', 'r2_bucket', 'queue', 'plain_text', 'secret_text', 'durable_object_namespace', 'assets'];

const read = (answer: Route['answer']): Route => ({ answer, changes: false });
const change = (answer: Route['answer']): Route => ({ answer, changes: true });

/** `*` stands for a variable part. The first match counts. */
const ROUTES: Readonly<Record<string, Route>> = {
  'GET /d1/database': read(({ account }) => [...account.databases.values()].map(({ uuid, name }) => ({ uuid, name }))),
  'POST /d1/database': change(({ account, text }) => {
    const { uuid, name } = account.createDatabase(JSON.parse(text).name);
    return { uuid, name };
  }),
  'GET /d1/database/*': read(({ account, parameters: [key] }) => {
    const { uuid, name } = account.getDatabase(key!);
    return { uuid, name };
  }),
  'DELETE /d1/database/*': change(({ account, parameters: [key] }) => {
    account.databases.delete(account.getDatabase(key!).uuid);
    return null;
  }),
  'POST /d1/database/*/query': read(({ account, parameters: [key], text }) => {
    const { batch, ...query } = JSON.parse(text) as Query & { batch?: Query[] };
    return account.runQueries(key!, batch ?? [query]);
  }),

  'GET /r2/buckets': read(({ account }) => ({ buckets: [...account.buckets.keys()].map((name) => ({ name })) })),
  'POST /r2/buckets': change(({ account, text }) => account.createBucket(JSON.parse(text).name) ?? {}),
  'GET /r2/buckets/*': read(({ account, parameters: [name] }) => ({ name, files: account.getBucket(name!).size })),
  'DELETE /r2/buckets/*': change(({ account, parameters: [name] }) => account.deleteBucket(name!) ?? {}),

  'GET /queues': read(({ account, query }) => {
    const names = query.getAll('name');
    const queues = [...account.queues.values()];
    return names.length === 0 ? queues : queues.filter(({ queue_name }) => names.includes(queue_name));
  }),
  'POST /queues': change(({ account, text }) => account.createQueue(JSON.parse(text).queue_name)),
  'DELETE /queues/*': change(({ account, parameters: [id] }) => {
    account.queues.delete(account.getQueue(id!).queue_id);
    return null;
  }),
  'POST /queues/*/consumers': change(({ account, parameters: [id], text }) =>
    account.addConsumer(id!, JSON.parse(text)),
  ),
  'PUT /queues/*/consumers/*': change(({ account, parameters: [id, consumerId], text }) => {
    const consumer = account.getQueue(id!).consumers.find(({ consumer_id }) => consumer_id === consumerId)!;
    return Object.assign(consumer, JSON.parse(text));
  }),

  'GET /workers/subdomain': read(() => ({ subdomain: 'a-store' })),
  'GET /workers/services/*': read(({ account, parameters: [name] }) => ({
    default_environment: {
      environment: 'production',
      script: {
        tag: 'tag',
        tags: [],
        migration_tag: account.getWorker(name!).migrationTag,
        last_deployed_from: 'wrangler',
      },
    },
  })),
  'GET /workers/workers/*': read(({ account, parameters: [name] }) => ({
    subdomain: { enabled: account.getWorker(name!).isPublic, previews_enabled: false },
  })),
  'POST /workers/scripts/*/assets-upload-session': read(({ account, text }) => {
    const files = Object.values(JSON.parse(text).manifest as Record<string, { hash: string }>);
    const missing = files.map(({ hash }) => hash).filter((hash) => !account.assets.has(hash));
    for (const hash of missing) account.assets.add(hash);
    return { jwt: UPLOAD_TOKEN, buckets: missing.length === 0 ? [] : [missing] };
  }),
  'POST /workers/assets/upload': read(() => ({ jwt: UPLOAD_TOKEN })),
  'GET /workers/scripts/*/settings': read(({ account, parameters: [name] }) => ({
    bindings: account.getDeployed(name!).bindings.map(({ text: _, ...binding }) => binding),
  })),
  'PATCH /workers/scripts/*/script-settings': read(() => ({})),
  'PUT /workers/scripts/*': change(async ({ account, parameters: [name], form }) => {
    const { id } = account.addVersion(name!, readMetadata(await form()));
    account.deploy(name!, id);
    return { id: name, etag: id, deployment_id: id, startup_time_ms: 5 };
  }),
  'DELETE /workers/scripts/*': change(({ account, parameters: [name], query }) => {
    account.deleteWorker(name!, query.get('force') === 'true');
    return null;
  }),
  'POST /workers/scripts/*/versions': change(async ({ account, parameters: [name], form }) => {
    account.getWorker(name!);
    const { id } = account.addVersion(name!, readMetadata(await form()));
    return { id, startup_time_ms: 5, resources: { script: { etag: id } } };
  }),
  'GET /workers/scripts/*/versions/*': read(({ account, parameters: [name, id] }) => {
    const { bindings, annotations } = account.getVersion(name!, id!);
    return {
      id,
      annotations,
      metadata: { created_on: '2026-11-26T00:00:00Z' },
      resources: { bindings: hide(bindings) },
    };
  }),
  'GET /workers/scripts/*/deployments': read(({ account, parameters: [name] }) => ({
    deployments: account
      .getWorker(name!)
      .deployments.toReversed()
      .map((version_id) => ({
        id: version_id,
        versions: [{ version_id, percentage: 100 }],
        created_on: '2026-11-26T00:00:00Z',
      })),
  })),
  'POST /workers/scripts/*/deployments': change(({ account, parameters: [name], text }) => {
    const [{ version_id }] = (JSON.parse(text) as { versions: [{ version_id: string }] }).versions;
    account.deploy(name!, version_id);
    return { id: version_id };
  }),
  'GET /workers/scripts/*/secrets': read(({ account, parameters: [name] }) =>
    hide(account.getDeployed(name!).bindings.filter(({ type }) => type === 'secret_text')),
  ),
  'PUT /workers/scripts/*/secrets': change(({ account, parameters: [name], text }) => {
    account.getWorker(name!);
    const secret = JSON.parse(text) as Binding;
    account.deploy(name!, account.addVersion(name!, { bindings: [secret], keep_bindings: KEPT_TYPES }).id);
    return { name: secret.name, type: secret.type };
  }),
  'GET /workers/scripts/*/schedules': read(({ account, parameters: [name] }) => ({
    schedules: account.getWorker(name!).crons.map((cron) => ({ cron })),
  })),
  'PUT /workers/scripts/*/schedules': change(({ account, parameters: [name], text }) => {
    account.getWorker(name!).crons = (JSON.parse(text) as { cron: string }[]).map(({ cron }) => cron);
    return {};
  }),
  'GET /workers/scripts/*/subdomain': read(({ account, parameters: [name] }) => ({
    enabled: account.getWorker(name!).isPublic,
  })),
  'POST /workers/scripts/*/subdomain': change(({ account, parameters: [name], text }) => {
    const { enabled, previews_enabled } = JSON.parse(text);
    account.getWorker(name!).isPublic = enabled;
    return { enabled, previews_enabled };
  }),
};

/** `call`: a method and a path below the account. */
export function findRoute(call: string): { route: Route; parameters: string[] } {
  for (const [pattern, route] of Object.entries(ROUTES)) {
    const match = new RegExp(`^${pattern.replaceAll('*', '([^/]+)')}$`).exec(call);
    if (match !== null) return { route, parameters: match.slice(1).map(decodeURIComponent) };
  }
  throw new Refusal(404, 7003, `Could not route to ${call}`);
}

const readMetadata = (form: FormData): Metadata => JSON.parse(form.get('metadata') as string);

const hide = (bindings: readonly Binding[]): Binding[] => bindings.map(({ text: _, ...binding }) => binding);
