// Starts onnxruntime in plain memory. Upstream's build asks for shared memory, which Cloudflare may not allow
// (docs/decisions/0033-onnxruntime-runs-in-plain-memory.md); scripts/build/plain-memory-wasm.ts makes the Wasm that
// takes plain memory, and this file makes upstream's JavaScript create it. It runs no model.

import wasmModule from './dist/ort-plain-memory.wasm';

export { wasmModule };

const { Memory } = WebAssembly;
const { waitAsync } = Atomics;

class PlainMemory extends Memory {
  constructor({ initial, maximum }: WebAssembly.MemoryDescriptor) {
    super({ initial, ...(maximum !== undefined && { maximum }) });
  }
}

/**
 * `start`: opens the first session. Until it has ended, a new WebAssembly.Memory is never shared, and
 * Atomics.waitAsync, which throws on plain memory, is absent: upstream then does without, for good.
 */
export async function startInMemory<T>(start: () => Promise<T>): Promise<T> {
  replaceGlobals(PlainMemory, undefined);
  try {
    return await start();
  } finally {
    replaceGlobals(Memory, waitAsync);
  }
}

function replaceGlobals(memory: typeof Memory, wait: typeof waitAsync | undefined): void {
  (WebAssembly as { Memory: unknown }).Memory = memory;
  (Atomics as { waitAsync: unknown }).waitAsync = wait;
}
