// D1 and R2 of the simulated planet: in this process, counted, and as far away as one likes.

import type { Stores } from '../../workers/storage/stores.ts';
import { openMemoryD1 } from './memory-d1.ts';

export type Call = 'd1Isolates' | 'd1Publishers' | 'r2Isolates' | 'r2Publishers';

export const openStores = (): Stores => ({ DB: openMemoryD1(), BUCKET: openMemoryBucket() });

/** It has what publishing and following use: etags, conditions, lists. */
function openMemoryBucket(): R2Bucket {
  const objects = new Map<string, { bytes: Uint8Array; etag: string }>();
  let puts = 0;
  const bucket = {
    async get(key: string) {
      const object = objects.get(key);
      if (object === undefined) return null;
      const { bytes, etag } = object;
      return {
        etag,
        arrayBuffer: async () => bytes.buffer,
        json: async () => JSON.parse(new TextDecoder().decode(bytes)),
      };
    },
    async put(key: string, value: Uint8Array | string, { onlyIf = {} }: { onlyIf?: R2Conditional } = {}) {
      const stored = objects.get(key);
      if (onlyIf.etagDoesNotMatch === '*' && stored !== undefined) return null;
      if (onlyIf.etagMatches !== undefined && stored?.etag !== onlyIf.etagMatches) return null;
      const etag = `${++puts}`;
      const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : new Uint8Array(value);
      objects.set(key, { bytes, etag });
      return { etag };
    },
    async list({ prefix = '' }: R2ListOptions) {
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix));
      return { objects: keys.map((key) => ({ key, uploaded: new Date(Date.now()) })), truncated: false };
    },
    async delete(keys: string[]) {
      for (const key of keys) objects.delete(key);
    },
  };
  return bucket as unknown as R2Bucket;
}

/** The same stores, where every call is counted and takes a while. */
export function watchStores(
  { DB, BUCKET }: Stores,
  onDatabase: () => void,
  onBucket: () => void,
  delay: () => Promise<void> = async () => {},
): Stores {
  const wrap = <T extends object>(target: T, onCall: () => void): T =>
    new Proxy(target, {
      get:
        (_, name) =>
        async (...given: unknown[]) => {
          onCall();
          await delay();
          return (Reflect.get(target, name) as () => unknown).apply(target, given as []);
        },
    });
  const wrapStatement = (statement: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(statement, {
      get: (_, name) =>
        name === 'bind'
          ? (...values: unknown[]) => wrapStatement(statement.bind(...values))
          : Reflect.get(wrap(statement, onDatabase), name),
    });
  const prepare = (sql: string) => wrapStatement(DB.prepare(sql));
  return { DB: { ...DB, prepare } as unknown as D1Database, BUCKET: wrap(BUCKET, onBucket) };
}
