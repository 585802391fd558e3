// Writes onnxruntime's Wasm where a bundler finds it. None of these files is in git.

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { PROJECT_DIR } from '../local/project.ts';
import { makePlainMemoryWasm } from './plain-memory-wasm.ts';

const UPSTREAM_FILE = createRequire(import.meta.url).resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm');
/** Only scripts/bench/shared-memory.ts imports it. */
const SHARED_MEMORY_FILE = path.join(PROJECT_DIR, 'scripts/bench/dist/ort-shared-memory.wasm');
const PLAIN_MEMORY_FILE = path.join(PROJECT_DIR, 'workers/inference/dist/ort-plain-memory.wasm');

export const readUpstreamWasm = (): Buffer => readFileSync(UPSTREAM_FILE);

/** Throws if onnxruntime-web is of a version that was not tested. */
export const writePlainMemoryWasm = (): void => replaceFile(PLAIN_MEMORY_FILE, makePlainMemoryWasm(readUpstreamWasm()));

export const writeSharedMemoryWasm = (): void => replaceFile(SHARED_MEMORY_FILE, readUpstreamWasm());

/** An unchanged file stays: `wrangler dev` watches it. */
function replaceFile(file: string, contents: Uint8Array): void {
  if (existsSync(file) && readFileSync(file).equals(contents)) return;
  mkdirSync(path.dirname(file), { recursive: true });
  // Renamed into place: another build may be reading it.
  const partial = `${file}.${process.pid}`;
  writeFileSync(partial, contents);
  renameSync(partial, file);
}
