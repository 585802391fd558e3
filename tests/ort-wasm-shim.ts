// Replaces the import of ORT's Wasm in tests inside workerd, where its bytes come through a service binding. The
// end-to-end tests use the real import.

import { env } from 'cloudflare:workers';

const bindings = env as unknown as {
  ORT_WASM_FILE: Fetcher;
  __VITEST_POOL_WORKERS_UNSAFE_EVAL: { newWasmModule(bytes: ArrayBuffer): WebAssembly.Module };
};
const response = await bindings.ORT_WASM_FILE.fetch('http://wasm/');
export default bindings.__VITEST_POOL_WORKERS_UNSAFE_EVAL.newWasmModule(await response.arrayBuffer());
