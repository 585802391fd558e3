// Counts what a Worker asks of its bindings: D1's rows, R2's operations, messages of queues, calls of objects. The
// bindings do what they did before. It counts no time and no bytes.

import { countRows } from '../../workers/storage/count-rows.ts';
import type { Meter } from './usage.ts';

/** Cloudflare bills a message by this many bytes, of which some are its own. */
const QUEUE_CHUNK_BYTES = 64_000;
const QUEUE_OWN_BYTES = 100;
/** A message is written, read and deleted. */
const QUEUE_OPERATIONS = 3;
const CLASS_A = new Set(['put', 'list', 'createMultipartUpload', 'resumeMultipartUpload']);
const CLASS_B = new Set(['get', 'head']);

export interface Counter {
  add(meter: Meter, amount: number): void;
  /** Notes a call of a service in another place. */
  noteCall(): void;
}

export const countBindings = <E extends object>(env: E, counter: Counter): E =>
  Object.fromEntries(Object.entries(env).map(([name, binding]) => [name, countBinding(binding, counter)])) as E;

/** Recognises a binding by its methods; anything else stays as it is. */
function countBinding(binding: unknown, counter: Counter): unknown {
  if (typeof binding !== 'object' || binding === null) return binding;
  if ('prepare' in binding) return countDatabase(binding as D1Database, counter);
  if ('createMultipartUpload' in binding) return countBucket(binding as R2Bucket, counter);
  if ('sendBatch' in binding) return countQueue(binding as Queue, counter);
  if ('idFromName' in binding) return countObjects(binding as DurableObjectNamespace, counter);
  return binding;
}

export const countDatabase = (db: D1Database, { add, noteCall }: Counter): D1Database =>
  countRows(
    db,
    ({ rows_read, rows_written }) => {
      add('d1RowsRead', rows_read);
      add('d1RowsWritten', rows_written);
    },
    noteCall,
  );

export const countBucket = (bucket: R2Bucket, { add, noteCall }: Counter): R2Bucket =>
  onEachCall(bucket, (method) => {
    noteCall();
    if (CLASS_A.has(method)) add('r2ClassA', 1);
    if (CLASS_B.has(method)) add('r2ClassB', 1);
  });

export function countQueue(queue: Queue, { add, noteCall }: Counter): Queue {
  const note = (bodies: readonly unknown[]) => {
    noteCall();
    for (const body of bodies) add('queueOperations', QUEUE_OPERATIONS * countChunks(body));
  };
  return {
    send(body, options) {
      note([body]);
      return queue.send(body, options);
    },
    sendBatch(messages, options) {
      const all = [...messages];
      note(all.map(({ body }) => body));
      return queue.sendBatch(all, options);
    },
  } as Queue;
}

const countChunks = (body: unknown): number =>
  Math.ceil((Buffer.byteLength(JSON.stringify(body)) + QUEUE_OWN_BYTES) / QUEUE_CHUNK_BYTES);

/** Each call of an object is a request; the object's own alarms are counted in it. */
export const countObjects = (objects: DurableObjectNamespace, { add, noteCall }: Counter): DurableObjectNamespace =>
  onEachCall(
    objects,
    () => {},
    (stub) =>
      onEachCall(stub, () => {
        noteCall();
        add('objectRequests', 1);
      }),
  );

/** `onResult`: changes what a call returns. */
function onEachCall<T extends object>(
  target: T,
  onCall: (method: string) => void,
  onResult: (result: never) => unknown = (result) => result,
): T {
  return new Proxy(target, {
    get(_, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function' || typeof name !== 'string') return value;
      return (...args: unknown[]) => {
        onCall(name);
        // Called as a method: a call of another object has no `apply` of its own.
        return onResult((target as Record<string, (...given: unknown[]) => never>)[name]!(...args));
      };
    },
  });
}
