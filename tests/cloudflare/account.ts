// The state of the stand-in for a Cloudflare account. It refuses what Cloudflare refuses, with the numbers of errors
// that wrangler's source and Cloudflare's documentation name. It knows no HTTP.

import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { type Query, type QueryAnswer, runQueries } from './database.ts';
import type { Files } from './storage.ts';

export class Refusal extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface Binding {
  type: string;
  name: string;
  id?: string;
  bucket_name?: string;
  queue_name?: string;
  text?: string;
}
export interface Version {
  id: string;
  bindings: readonly Binding[];
  annotations: Record<string, string>;
}
export interface Consumer {
  consumer_id: string;
  type: string;
  script: string;
  dead_letter_queue?: string;
  settings: object;
}
interface Queue {
  queue_id: string;
  queue_name: string;
  consumers: Consumer[];
}
interface Worker {
  /** The oldest comes first. */
  versions: Version[];
  /** Ids of versions; the latest deployment comes last. */
  deployments: string[];
  migrationTag: string | undefined;
  crons: string[];
  isPublic: boolean;
}
/** Part of an upload. */
export interface Metadata {
  bindings: Binding[];
  keep_bindings?: string[];
  annotations?: Record<string, string>;
  migrations?: { new_tag: string; old_tag?: string };
}

export class CloudflareAccount {
  readonly databases = new Map<string, { uuid: string; name: string; sql: DatabaseSync }>();
  /** By name; the files of each. */
  readonly buckets = new Map<string, Files>();
  readonly queues = new Map<string, Queue>();
  readonly workers = new Map<string, Worker>();
  /** Digests of static files. */
  readonly assets = new Set<string>();

  createDatabase(name: string) {
    if ([...this.databases.values()].some((database) => database.name === name))
      throw new Refusal(400, 7502, `Database with name '${name}' already exists`);
    const database = { uuid: randomUUID(), name, sql: new DatabaseSync(':memory:') };
    this.databases.set(database.uuid, database);
    return database;
  }

  /** `key`: the id or the name. */
  getDatabase(key: string) {
    const database = this.databases.get(key) ?? [...this.databases.values()].find(({ name }) => name === key);
    if (database === undefined) throw new Refusal(404, 7404, `The database ${key} could not be found`);
    return database;
  }

  /** Runs the queries as one transaction. */
  runQueries(key: string, queries: readonly Query[]): QueryAnswer[] {
    return runQueries(this.getDatabase(key).sql, queries);
  }

  query(key: string, sql: string): object[] {
    return this.runQueries(key, [{ sql }])[0]!.results;
  }

  createBucket(name: string): void {
    if (this.buckets.has(name)) throw new Refusal(400, 10004, 'The bucket you tried to create already exists');
    this.buckets.set(name, new Map());
  }

  getBucket(name: string): Files {
    const files = this.buckets.get(name);
    if (files === undefined) throw new Refusal(404, 10006, 'The specified bucket does not exist.');
    return files;
  }

  deleteBucket(name: string): void {
    if (this.getBucket(name).size > 0) throw new Refusal(409, 10008, 'The bucket you tried to delete is not empty');
    this.buckets.delete(name);
  }

  createQueue(queue_name: string): Queue {
    if ([...this.queues.values()].some((queue) => queue.queue_name === queue_name))
      throw new Refusal(409, 11009, `Queue name '${queue_name}' is already taken`);
    const queue = { queue_id: randomUUID(), queue_name, consumers: [] };
    this.queues.set(queue.queue_id, queue);
    return queue;
  }

  getQueue(id: string): Queue {
    const queue = this.queues.get(id);
    if (queue === undefined) throw new Refusal(404, 11000, 'Queue does not exist');
    return queue;
  }

  addConsumer(
    queueId: string,
    { script_name, ...consumer }: { script_name: string } & Omit<Consumer, 'script'>,
  ): Consumer {
    const queue = this.getQueue(queueId);
    this.getWorker(script_name);
    if (queue.consumers.length > 0) throw new Refusal(409, 11004, `Queue ${queue.queue_name} already has a consumer`);
    if (consumer.dead_letter_queue !== undefined) this.assertQueue(consumer.dead_letter_queue);
    const added = { ...consumer, consumer_id: randomUUID(), script: script_name };
    queue.consumers.push(added);
    return added;
  }

  private assertQueue(name: string): void {
    if (![...this.queues.values()].some(({ queue_name }) => queue_name === name))
      throw new Refusal(400, 11000, `Queue ${name} does not exist`);
  }

  getWorker(name: string): Worker {
    const worker = this.workers.get(name);
    if (worker === undefined) throw new Refusal(404, 10007, 'This Worker does not exist on your account.');
    return worker;
  }

  getVersion(name: string, id: string): Version {
    const version = this.getWorker(name).versions.find((known) => known.id === id);
    if (version === undefined) throw new Refusal(404, 10222, 'version not found');
    return version;
  }

  /** `back`: 1 for the version that was deployed before, and so on. */
  getDeployed(name: string, back = 0): Version {
    return this.getVersion(name, this.getWorker(name).deployments.at(-1 - back)!);
  }

  /** Adds a version, of a new Worker if there is none of that name. Does not deploy it. */
  addVersion(name: string, metadata: Metadata): Version {
    const before = this.workers.get(name)?.versions.at(-1);
    const bindings = metadata.bindings.map((binding) => this.resolve(binding, before));
    const named = new Set(bindings.map((binding) => binding.name));
    const kept = (before?.bindings ?? []).filter(
      (binding) => metadata.keep_bindings?.includes(binding.type) && !named.has(binding.name),
    );
    const version = { id: randomUUID(), bindings: [...bindings, ...kept], annotations: metadata.annotations ?? {} };
    const worker = this.workers.get(name) ?? {
      versions: [],
      deployments: [],
      migrationTag: undefined,
      crons: [],
      isPublic: false,
    };
    if (metadata.migrations?.old_tag !== worker.migrationTag && metadata.migrations !== undefined)
      throw new Refusal(412, 10079, `migration tag precondition failed; current tag is ${worker.migrationTag}`);
    worker.migrationTag = metadata.migrations?.new_tag ?? worker.migrationTag;
    worker.versions.push(version);
    this.workers.set(name, worker);
    return version;
  }

  /** Returns the binding with what it inherits. */
  private resolve(binding: Binding, before: Version | undefined): Binding {
    const { type, name } = binding;
    if (type === 'inherit') {
      const inherited = before?.bindings.find((known) => known.name === name);
      if (inherited === undefined) throw new Refusal(400, 10057, `binding ${name} cannot be inherited`);
      return inherited;
    }
    if (type === 'd1' && !this.databases.has(binding.id ?? ''))
      throw new Refusal(400, 10021, `binding ${name} of type d1 must have a valid \`id\` specified`);
    if (type === 'r2_bucket' && !this.buckets.has(binding.bucket_name ?? ''))
      throw new Refusal(400, 10085, `R2 bucket '${binding.bucket_name}' not found`);
    if (type === 'queue') this.assertQueue(binding.queue_name ?? '');
    return binding;
  }

  deploy(name: string, versionId: string): void {
    this.getWorker(name).deployments.push(this.getVersion(name, versionId).id);
  }

  deleteWorker(name: string, isForced: boolean): void {
    this.getWorker(name);
    if ([...this.queues.values()].some(({ consumers }) => consumers.some(({ script }) => script === name)))
      throw new Refusal(400, 10064, 'script still in use as a consumer for a queue');
    if (!isForced) throw new Refusal(400, 10061, 'the Worker has Durable Objects: use ?force=true');
    this.workers.delete(name);
  }
}
