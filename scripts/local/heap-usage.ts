// Reads the memory of the Worker's isolate from V8's inspector, which `wrangler dev --inspector-port` opens. The memory
// of its process says less: it includes the platform's stores, and pages that V8 keeps for later.

import { withDeadline } from '../../workers/storage/deadline.ts';

const ANSWER_TIMEOUT_MS = 30_000;

/** In bytes, after a garbage collection. Durable Objects are in the same isolate. */
export interface HeapUsage {
  /** Objects that can be reached. */
  usedSize: number;
  /** Memory that V8 reserves for objects, code included. */
  totalSize: number;
  /** The runtime's own objects. */
  embedderHeapUsedSize: number;
  /** Array buffers. */
  backingStorageSize: number;
}

/** Chrome DevTools Protocol, Runtime.getHeapUsage. Throws if the inspector does not answer. */
export async function readHeapUsage(inspectorPort: number): Promise<HeapUsage> {
  // wrangler accepts local origins only. Node's WebSocket takes headers, which its type omits.
  const Socket = WebSocket as unknown as new (url: string, options: object) => WebSocket;
  const socket = new Socket(`ws://127.0.0.1:${inspectorPort}/ws`, {
    headers: { origin: `http://localhost:${inspectorPort}` },
  });
  const answer = new Promise<HeapUsage>((resolve, reject) => {
    const fail = () => reject(new Error('the inspector does not answer'));
    socket.addEventListener('error', fail);
    socket.addEventListener('close', fail);
    socket.addEventListener('open', () => {
      socket.send(JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' }));
      socket.send(JSON.stringify({ id: 2, method: 'Runtime.getHeapUsage' }));
    });
    socket.addEventListener('message', ({ data }) => {
      const { id, result } = JSON.parse(String(data));
      if (id === 2) result === undefined ? fail() : resolve(result);
    });
  });
  // wrangler keeps its end of the connection open after the Worker's process has ended.
  return withDeadline(answer, ANSWER_TIMEOUT_MS).finally(() => socket.close());
}
