// The only file of the Worker that knows onnxruntime-web. Import it dynamically, so that neither start-up nor a test
// without ranking pays for it.

import * as ort from 'onnxruntime-web/wasm';
import { HISTORY_LENGTH } from '../../models/contracts/release.ts';
import type { EncodedHistories } from '../../models/features/history.ts';
import { withDeadline } from '../storage/deadline.ts';
import { startInMemory, wasmModule } from './plain-memory.ts';
import { type Ranker, RefusedModelError, type Scorer } from './scorer.ts';
import { separateGraph } from './separate-graph.ts';

// workerd does not compile Wasm from bytes: only a statically imported module may be instantiated. ORT gets this buffer
// as its binary, and the module is swapped in for exactly that buffer; every other caller passes through.
const sentinel = new ArrayBuffer(8);
let prepared = false;
/** Undefined until ORT has started. */
let memory: WebAssembly.Memory | undefined;

function prepare(): void {
  if (prepared) return;
  prepared = true;
  const instantiate = WebAssembly.instantiate as (source: unknown, imports?: WebAssembly.Imports) => Promise<unknown>;
  const swapping = async (source: unknown, imports: WebAssembly.Imports = {}) => {
    if (source !== sentinel && (source as Uint8Array | undefined)?.buffer !== sentinel)
      return instantiate.call(WebAssembly, source, imports);
    const instance = await instantiate.call(WebAssembly, wasmModule, imports);
    const imported = Object.values(imports).flatMap((module) => Object.values(module));
    memory = imported.find((value) => value instanceof WebAssembly.Memory);
    return { module: wasmModule, instance };
  };
  (WebAssembly as { instantiate: unknown }).instantiate = swapping;
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  ort.env.wasm.wasmBinary = sentinel;
  ort.env.logLevel = 'error';
}

/** The model file's name for ORT, which reads its large constants from there. */
const MODEL_FILE = 'model.onnx';
/**
 * Sessions are opened one after the other: ORT has one list of files for all, and clears it with each session. No
 * opening waits for I/O, so a client that hangs up cannot block the next session.
 */
let lastOpened: Promise<unknown> = Promise.resolve();
/**
 * An opening that takes longer was cut off, together with a request that had used up its processor time. Two such waits
 * end before the platform ends the work of a request, 30 seconds after its answer.
 */
export const OPENED_WITHIN_MS = 12_000;

function open(model: Uint8Array, name: string): Promise<ort.InferenceSession> {
  const free = withDeadline(lastOpened, OPENED_WITHIN_MS).catch(ignore);
  // ORT itself waits for its start, which may be what was cut off.
  const opened = free.then(() => withDeadline(openNext(model, name), OPENED_WITHIN_MS));
  lastOpened = opened.then(ignore, ignore);
  return opened;
}
const ignore = () => {};

async function openNext(model: Uint8Array, name: string): Promise<ort.InferenceSession> {
  prepare();
  let isProtobuf = false;
  try {
    const graph = separateGraph(model, MODEL_FILE);
    isProtobuf = true;
    const externalData = [{ path: MODEL_FILE, data: model }];
    const create = () => ort.InferenceSession.create(graph, { executionProviders: ['wasm'], externalData });
    return await (memory === undefined ? startInMemory(create) : create());
  } catch (error) {
    // ORT itself did not start.
    if (isProtobuf && memory === undefined) throw error;
    throw new RefusedModelError(`onnxruntime refuses ${name}: ${(error as Error).message}`);
  }
}

/** Opens a ranking model. Throws if ORT cannot start or refuses it. */
export async function createOrtRanker(model: Uint8Array): Promise<Ranker> {
  const session = await open(model, 'the ranking model');
  return {
    async predict(features, candidates) {
      const shape = [candidates, features.length / candidates];
      const { probabilities } = await session.run({ features: new ort.Tensor('float32', features, shape) });
      return probabilities!.data as Float32Array;
    },
    release: () => session.release(),
  };
}

/** Opens a model of the retrieval signature (models/contracts/release.ts). Throws if ORT cannot start or refuses it. */
export async function createOrtScorer(model: Uint8Array): Promise<Scorer> {
  const session = await open(model, 'the model');
  return {
    engine: 'onnx',
    memory: memory?.buffer instanceof ArrayBuffer ? 'plain' : 'shared',
    memoryBytes: () => memory?.buffer.byteLength ?? 0,
    // A run does no I/O between its awaits, so two requests never interleave in it. One request must not start two at
    // once.
    async score({ batch, items, weights, ages }: EncodedHistories) {
      const shape = [batch, HISTORY_LENGTH];
      const { scores } = await session.run({
        items: new ort.Tensor('int32', items, shape),
        weights: new ort.Tensor('float32', weights, shape),
        ages: new ort.Tensor('float32', ages, shape),
      });
      return scores!.data as Float32Array;
    },
    release: () => session.release(),
  };
}
