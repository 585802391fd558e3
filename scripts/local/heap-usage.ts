// Reads the memory of the Worker's isolate from V8's inspector, which `wrangler dev --inspector-port` opens. The memory
// of its process says less: it includes the platform's stores, and pages that V8 keeps for later.

import { setTimeout as sleep } from 'node:timers/promises';
import { withDeadline } from '../../workers/storage/deadline.ts';

const ANSWER_TIMEOUT_MS = 30_000;
const POLL_MS = 50;
/** No two calls share an id, because wrangler hands late answers to the next connection. */
let calls = 0;

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

/**
 * Chrome DevTools Protocol, Runtime.getHeapUsage. `url`: the Worker's. It receives requests until the collection is
 * done, because V8 leaves that to a task, and workerd runs tasks only with requests. Throws if the inspector does not
 * answer.
 */
export async function readHeapUsage(inspectorPort: number, url: string): Promise<HeapUsage> {
  // wrangler accepts local origins only. Node's WebSocket takes headers, which its type omits.
  const Socket = WebSocket as unknown as new (url: string, options: object) => WebSocket;
  const socket = new Socket(`ws://127.0.0.1:${inspectorPort}/ws`, {
    headers: { origin: `http://localhost:${inspectorPort}` },
  });
  const [collection, usage] = [++calls, ++calls];
  let isAnswered = false;
  const answer = new Promise<HeapUsage>((resolve, reject) => {
    const fail = () => reject(new Error('the inspector does not answer'));
    const call = (id: number, method: string) => socket.send(JSON.stringify({ id, method }));
    socket.addEventListener('error', fail);
    socket.addEventListener('close', fail);
    socket.addEventListener('open', () => call(collection, 'HeapProfiler.collectGarbage'));
    socket.addEventListener('message', ({ data }) => {
      const { id, result } = JSON.parse(String(data));
      if (id !== collection && id !== usage) return;
      if (result === undefined) fail();
      else if (id === collection) call(usage, 'Runtime.getHeapUsage');
      else resolve(result);
    });
  });
  // wrangler keeps its end of the connection open after the Worker's process has ended.
  const read = withDeadline(answer, ANSWER_TIMEOUT_MS).finally(() => {
    isAnswered = true;
    socket.close();
  });
  const runTasks = async () => {
    for (; !isAnswered; await sleep(POLL_MS)) await (await fetch(`${url}/health`)).text();
  };
  await Promise.all([read, runTasks()]);
  return read;
}
