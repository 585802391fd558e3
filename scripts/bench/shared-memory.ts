// Replaces workers/inference/plain-memory.ts in the inference bench: onnxruntime in shared memory, as upstream builds
// it.

import wasmModule from './dist/ort-shared-memory.wasm';

export { wasmModule };

export const startInMemory = <T>(start: () => Promise<T>): Promise<T> => start();
