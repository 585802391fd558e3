// Reads the memory of the Worker's isolate from V8's inspector, which `wrangler dev --inspector-port` opens. The memory
// of its process says less: it contains the platform's stores, and pages that V8 keeps for later.

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

/** Chrome DevTools Protocol, Runtime.getHeapUsage. Throws if the inspector cannot be reached. */
export async function readHeapUsage(inspectorPort: number): Promise<HeapUsage> {
  // wrangler accepts local origins only. Node's WebSocket takes headers, which its type omits.
  const Socket = WebSocket as unknown as new (url: string, options: object) => WebSocket;
  const socket = new Socket(`ws://127.0.0.1:${inspectorPort}/ws`, {
    headers: { origin: `http://localhost:${inspectorPort}` },
  });
  const usage = await new Promise<HeapUsage>((resolve, reject) => {
    socket.addEventListener('error', () => reject(new Error('the inspector cannot be reached')));
    socket.addEventListener('open', () => {
      socket.send(JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' }));
      socket.send(JSON.stringify({ id: 2, method: 'Runtime.getHeapUsage' }));
    });
    socket.addEventListener('message', ({ data }) => {
      const { id, result } = JSON.parse(String(data));
      if (id === 2) resolve(result);
    });
  });
  socket.close();
  return usage;
}
