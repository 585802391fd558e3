// An R2 bucket in memory, for tests without workerd. It has what releases use and nothing else.

import { sha256Hex } from '../models/contracts/digest.ts';

/** The part of an R2 bucket that releases use: etags, conditions, digests. */
export function fakeBucket() {
  const objects = new Map<string, { bytes: Uint8Array; etag: string }>();
  let puts = 0;
  const bucket = {
    async get(key: string) {
      const object = objects.get(key);
      if (object === undefined) return null;
      const bytes = object.bytes.slice();
      return {
        etag: object.etag,
        arrayBuffer: async () => bytes.buffer,
        json: async () => JSON.parse(new TextDecoder().decode(bytes)),
      };
    },
    /** Folders alone. */
    async list({ prefix = '' }: R2ListOptions) {
      const rest = [...objects.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
      const folders = rest.filter((key) => key.includes('/')).map((key) => `${prefix}${key.split('/')[0]}/`);
      return { objects: [], delimitedPrefixes: [...new Set(folders)].sort(), truncated: false };
    },
    async put(key: string, value: Uint8Array | string, options: { sha256?: string; onlyIf?: R2Conditional } = {}) {
      const stored = objects.get(key);
      if (options.onlyIf?.etagDoesNotMatch === '*' && stored !== undefined) return null;
      if (options.onlyIf?.etagMatches !== undefined && stored?.etag !== options.onlyIf.etagMatches) return null;
      const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value.slice();
      if (options.sha256 !== undefined && options.sha256 !== (await sha256Hex(bytes))) throw new Error('bad digest');
      const etag = `etag-${++puts}`;
      objects.set(key, { bytes, etag });
      return { etag };
    },
  };
  return { bucket: bucket as unknown as R2Bucket, objects };
}
