// Makes onnxruntime's Wasm take plain memory: upstream's build imports shared memory, although one thread needs none.
// One byte changes. Writes no file.

import { createHash } from 'node:crypto';

/** SHA-256 of onnxruntime-web 1.30.0's ort-wasm-simd-threaded.wasm. */
const UPSTREAM_SHA256 = '3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2';

const HEADER_BYTES = 8;
const IMPORT_SECTION = 2;
const MEMORY_SECTION = 5;
/** Kinds of imports. */
const FUNCTION = 0;
const MEMORY = 2;
/** Flags of a memory: it has a largest size; it is shared. */
const BOUNDED = 1;
const SHARED = 2;

/** Throws if the file is not the one that was tested. */
export function makePlainMemoryWasm(upstream: Uint8Array): Uint8Array<ArrayBuffer> {
  const sha256 = createHash('sha256').update(upstream).digest('hex');
  if (sha256 !== UPSTREAM_SHA256)
    throw new Error(
      `the Wasm of onnxruntime-web has the sha256 ${sha256}, but only ${UPSTREAM_SHA256} was tested in plain memory: ` +
        'install the version in package-lock.json; for another version, change UPSTREAM_SHA256 and run the tests',
    );
  return takePlainMemory(upstream);
}

/** Returns a copy that imports plain memory. Throws unless shared memory is the only memory that the module has. */
export function takePlainMemory(wasm: Uint8Array): Uint8Array<ArrayBuffer> {
  const memories = listMemories(wasm);
  const [flagsAt] = memories;
  if (memories.length !== 1 || flagsAt === undefined)
    throw new Error(`a module that imports ${memories.length} memories instead of one`);
  if (wasm[flagsAt] !== (BOUNDED | SHARED))
    throw new Error(
      `a module that imports a memory with the flags ${wasm[flagsAt]}, not one that is bounded and shared`,
    );
  const changed = new Uint8Array(wasm);
  changed[flagsAt] = BOUNDED;
  return changed;
}

/** Returns the offset of each imported memory's flags. Throws if the module has a memory of its own. */
function listMemories(wasm: Uint8Array): number[] {
  const memories: number[] = [];
  const reader = new Reader(wasm, HEADER_BYTES);
  while (reader.at < wasm.length) {
    const section = reader.byte();
    const length = reader.number();
    const end = reader.at + length;
    if (section === MEMORY_SECTION) throw new Error('a module with a memory of its own');
    if (section === IMPORT_SECTION)
      for (let imports = reader.number(); imports > 0; imports--) {
        const flagsAt = skipImport(reader);
        if (flagsAt !== undefined) memories.push(flagsAt);
      }
    reader.at = end;
  }
  return memories;
}

/** Returns the offset of the flags if the import is a memory. Throws at kinds that onnxruntime does not import. */
function skipImport(reader: Reader): number | undefined {
  reader.skip(reader.number());
  reader.skip(reader.number());
  const kind = reader.byte();
  if (kind === FUNCTION) {
    reader.number();
    return undefined;
  }
  if (kind !== MEMORY) throw new Error(`a module that imports something of kind ${kind}`);
  const flagsAt = reader.at;
  const flags = reader.byte();
  reader.number();
  if (flags & BOUNDED) reader.number();
  return flagsAt;
}

class Reader {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** Throws at the end of the file. */
  byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw new Error('a module that was cut off');
    return byte;
  }

  /** An unsigned LEB128 number. */
  number(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  skip(bytes: number): void {
    this.at += bytes;
  }
}
