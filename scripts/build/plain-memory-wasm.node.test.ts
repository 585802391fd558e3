import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { makePlainMemoryWasm, takePlainMemory } from './plain-memory-wasm.ts';

const upstream = readFileSync(createRequire(import.meta.url).resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm'));

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
/** type 0: a function without parameters and results. */
const TYPES = [1, 4, 1, 0x60, 0, 0];
const functionImport = [1, 0x65, 1, 0x66, 0, 0];
const memoryImport = (...limits: number[]) => [1, 0x65, 1, 0x6d, 2, ...limits];
const SHARED = memoryImport(3, 1, 0x80, 1);
function encodeModule(imports: number[][], ...sections: number[][]): Uint8Array<ArrayBuffer> {
  const section = [imports.length, ...imports.flat()];
  return Uint8Array.from([...HEADER, ...TYPES, 2, section.length, ...section, ...sections.flat()]);
}
const instantiate = (wasm: Uint8Array<ArrayBuffer>, shared: boolean): Promise<unknown> =>
  WebAssembly.instantiate(wasm as unknown as WebAssembly.Module, {
    e: { f: () => {}, m: new WebAssembly.Memory({ initial: 1, maximum: 128, shared }) },
  });

it('changes one byte, after which a module takes plain memory', async () => {
  const shared = encodeModule([functionImport, SHARED, functionImport]);
  const plain = takePlainMemory(shared);
  await instantiate(shared, true);
  await expect(instantiate(shared, false)).rejects.toThrow(/shared/);
  await instantiate(plain, false);
  expect(plain.filter((byte, at) => byte !== shared[at])).toEqual(Uint8Array.of(1));
});

it('refuses a module without exactly one memory, shared and imported', () => {
  const ownMemory = [5, 3, 1, 0, 1];
  expect(() => takePlainMemory(encodeModule([functionImport]))).toThrow('imports 0 memories');
  expect(() => takePlainMemory(encodeModule([SHARED, SHARED]))).toThrow('imports 2 memories');
  expect(() => takePlainMemory(encodeModule([memoryImport(1, 1, 2)]))).toThrow('with the flags 1,');
  expect(() => takePlainMemory(encodeModule([SHARED], ownMemory))).toThrow('a memory of its own');
  expect(() => takePlainMemory(encodeModule([[1, 0x65, 1, 0x67, 3, 0x7f, 0]]))).toThrow('of kind 3');
  expect(() => takePlainMemory(encodeModule([SHARED]).slice(0, -2))).toThrow('cut off');
});

it("changes one byte of onnxruntime's Wasm, and refuses any other file", () => {
  const plain = makePlainMemoryWasm(upstream);
  const changed = plain.reduce((count, byte, at) => count + Number(byte !== upstream[at]), 0);
  expect([plain.length, changed]).toEqual([upstream.length, 1]);
  const other = Uint8Array.from(upstream);
  other[other.length - 1]! ^= 1;
  expect(() => makePlainMemoryWasm(other)).toThrow(/has the sha256 .* but only 3398c10d.* was tested/);
});
