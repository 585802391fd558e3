// Miniflare's R2 for a Node command, closable while calls are in flight: a command that fails leaves its other reads
// behind. Miniflare's objects throw once it is disposed of, but for an object that answers a call made before that. To
// look at it blocks the process for ever: miniflare waits for a thread that has ended.

import { setImmediate } from 'node:timers/promises';

export interface ClosableBucket {
  /** The part of the interface that commands use. */
  bucket: R2Bucket;
  /** Refuses further calls, and resolves when those in flight have been answered. */
  close(): Promise<void>;
}

const METHODS = ['head', 'get', 'put', 'delete', 'list'] as const;

export function makeClosable(bucket: R2Bucket): ClosableBucket {
  const calls = new Set<Promise<unknown>>();
  let isClosed = false;
  const wrap =
    (method: (typeof METHODS)[number]) =>
    async (...args: readonly unknown[]) => {
      if (isClosed) throw new Error('the stores have been closed');
      const call = (bucket[method] as (...args: readonly unknown[]) => Promise<unknown>)(...args);
      calls.add(call);
      try {
        return await call;
      } finally {
        calls.delete(call);
      }
    };
  return {
    bucket: Object.fromEntries(METHODS.map((method) => [method, wrap(method)])) as unknown as R2Bucket,
    async close() {
      isClosed = true;
      await Promise.allSettled(calls);
      // Whoever awaited an answer asks for its content first.
      await setImmediate();
    },
  };
}
