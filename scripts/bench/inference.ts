// Measures one forward pass of each kind of model: in workerd with the edge's own code, in plain memory or also in the
// shared memory that upstream asks for, and the same file in onnxruntime-node on one thread. Weights are random:
// quality is not measured.

import path from 'node:path';
import { encodeRetrievalModel } from '../../models/algorithms/algorithm.ts';
import { ACTIONS } from '../../models/contracts/algorithm-settings.ts';
import { HISTORY_LENGTH } from '../../models/contracts/release.ts';
import { FEATURES } from '../../models/features/ranking.ts';
import { openSession, type Session, type TensorData } from '../../models/onnx/session.ts';
import { writePlainMemoryWasm, writeSharedMemoryWasm } from '../build/write-wasm.ts';
import type { PassRequest } from './inference-worker.ts';
import { drawModels } from './random-models.ts';
import { drawRanker } from './random-ranker.ts';
import { median, timeInTurns } from './rounds.ts';
import { startWorkerd } from './workerd.ts';

const HISTORIES = [HISTORY_LENGTH, 10];
/** A page with all its rows has as many. */
const CANDIDATES = 400;
/** Between the items of a history: a prime, so that no item repeats. */
const STRIDE = 7_919;
const ROUNDS = 9;
const PASSES = 100;
/** In a fresh isolate: enough passes to stand out from the request around them. */
const FIRST_PASSES = 20;
/** V8 compiles Wasm quickly at first and well once it has run often, which takes less than this. */
const WARM_UP_MS = 5_000;

type Memory = 'plain' | 'shared';

export interface ModelReport {
  model: string;
  /** Kind of ORT's memory in workerd. */
  memory: Memory;
  fileMB: number;
  /** ORT's linear memory with the model loaded. */
  memoryMB: number;
  /** Mean of the first passes in a fresh isolate, with a full history. */
  freshMs: number;
  passes: PassTimes[];
}

/** Milliseconds of one pass, batch 1, over the rounds. */
export interface PassTimes {
  /** Items in the history, or candidates. */
  size: number;
  median: Engines;
  least: Engines;
}

interface Engines {
  workerd: number;
  /** onnxruntime-node on one thread. */
  node: number;
}

/** `memories`: measured in turns. */
export async function benchInference(
  items: number,
  memories: readonly Memory[],
  log: (message: string) => void,
): Promise<ModelReport[]> {
  writePlainMemoryWasm();
  if (memories.includes('shared')) writeSharedMemoryWasm();
  const reports: ModelReport[] = [];
  const measure = async (model: string, file: Uint8Array, kind: Kind) => {
    log(`${model} …`);
    reports.push(...(await measureModel(file, kind, memories)).map((report) => ({ model, ...report })));
  };
  for (const model of drawModels(items)) {
    const name = model.parameters.of === undefined ? model.algorithm : `blend of ${model.parameters.of}`;
    await measure(name, encodeRetrievalModel(model).bytes, describeRetrieval(items));
  }
  await measure('ranking', (await drawRanker()).model, RANKING);
  return reports;
}

/** A kind of model, and its inputs in workerd and in Node. */
interface Kind {
  path: string;
  /** Descending. */
  sizes: readonly number[];
  makeRequest(size: number, passes: number): PassRequest;
  makeTensors(size: number): Record<'inputs' | 'outputs', Record<string, TensorData>>;
}

const describeRetrieval = (catalogue: number): Kind => ({
  path: '/retrieval',
  sizes: HISTORIES,
  makeRequest: (length, passes) => ({ ...makeHistory(length, catalogue), passes }),
  makeTensors(length) {
    const { items, weights, ages } = makeHistory(length, catalogue);
    const dimensions = [1, HISTORY_LENGTH];
    return {
      inputs: {
        items: { data: Int32Array.from(items), dimensions },
        weights: { data: Float32Array.from(weights), dimensions },
        ages: { data: Float32Array.from(ages), dimensions },
      },
      outputs: { scores: { data: new Float32Array(catalogue), dimensions: [1, catalogue] } },
    };
  },
});

const RANKING: Kind = {
  path: '/ranking',
  sizes: [CANDIDATES],
  makeRequest: (candidates, passes) => ({ candidates, passes }),
  makeTensors(candidates) {
    const features = new Float32Array(candidates * FEATURES.length).fill(0.5);
    const probabilities = new Float32Array(candidates * ACTIONS.length);
    return {
      inputs: { features: { data: features, dimensions: [candidates, FEATURES.length] } },
      outputs: { probabilities: { data: probabilities, dimensions: [candidates, ACTIONS.length] } },
    };
  },
};

type Report = Omit<ModelReport, 'model'>;

/** A workerd with one model in it. */
interface Isolate {
  memory: Memory;
  request(size: number, passes: number): Promise<{ memory: Memory | null; memoryMB: number }>;
  close(): Promise<void>;
}

/**
 * Uses separate workerds per model: code that V8 compiled and memory that ORT reserved for one must not serve the next.
 */
async function measureModel(file: Uint8Array, kind: Kind, memories: readonly Memory[]): Promise<Report[]> {
  const isolates: Isolate[] = [];
  const session = await openSession(file, 'cpu', 1);
  try {
    for (const memory of memories) isolates.push(await startIsolate(file, kind, memory));
    const [largest] = kind.sizes as [number];
    const reports: Report[] = [];
    for (const { memory, request } of isolates) {
      const requestMs = await time(() => request(largest, 0));
      const freshMs = ((await time(() => request(largest, FIRST_PASSES))) - requestMs) / FIRST_PASSES;
      reports.push({ memory, fileMB: file.length / 1e6, memoryMB: 0, freshMs, passes: [] });
    }
    for (const size of kind.sizes)
      (await timePasses(size, kind, isolates, session)).forEach((times, n) => {
        reports[n]!.passes.push(times);
      });
    for (const [n, { request }] of isolates.entries()) reports[n]!.memoryMB = (await request(largest, 0)).memoryMB;
    return reports;
  } finally {
    await session.release();
    for (const isolate of isolates) await isolate.close();
  }
}

/** Throws if a retrieval model runs in the other kind of memory. */
async function startIsolate(file: Uint8Array, kind: Kind, memory: Memory): Promise<Isolate> {
  const here = (name: string) => path.join(import.meta.dirname, name);
  const workerd = await startWorkerd({
    config: {
      name: 'inference',
      main: here('inference-worker.ts'),
      compatibility_date: '2026-11-01',
      ...(memory === 'shared' && { alias: { './plain-memory.ts': here('shared-memory.ts') } }),
    },
  });
  const loaded = await send(`${workerd.url}${kind.path}`, 'PUT', Uint8Array.from(file));
  if (loaded.memory !== null && loaded.memory !== memory)
    throw new Error(`onnxruntime runs in ${loaded.memory} memory instead of ${memory} memory`);
  return {
    memory,
    request: (size, passes) => send(workerd.url, 'POST', JSON.stringify(kind.makeRequest(size, passes))),
    close: workerd.close,
  };
}

/** Returns the times of each isolate. */
async function timePasses(
  size: number,
  { makeTensors }: Kind,
  isolates: readonly Isolate[],
  session: Session,
): Promise<PassTimes[]> {
  const { inputs, outputs } = makeTensors(size);
  for (const { request } of isolates) {
    const warmUntil = performance.now() + WARM_UP_MS;
    while (performance.now() < warmUntil) await request(size, FIRST_PASSES);
  }
  const turns = isolates.flatMap(({ memory, request }) => [
    [`request, ${memory}`, () => time(() => request(size, 0))],
    [memory, () => time(() => request(size, PASSES))],
  ]);
  const runInNode = async () => {
    for (let pass = 0; pass < PASSES; pass++) await session.run(inputs, outputs);
  };
  const times = await timeInTurns(ROUNDS, { ...Object.fromEntries(turns), node: () => time(runInNode) }, () => {});
  // Timed from outside, since workerd's clock stands still while it computes: less the time of a request without
  // passes.
  const perPass = (memory: Memory, pick: typeof median): Engines => ({
    workerd: (pick(times[memory]!) - pick(times[`request, ${memory}`]!)) / PASSES,
    node: pick(times.node!) / PASSES,
  });
  const least = (all: readonly number[]) => Math.min(...all);
  return isolates.map(({ memory }) => ({ size, median: perPass(memory, median), least: perPass(memory, least) }));
}

/** Items from the whole vocabulary, padded as encodeHistories pads. */
function makeHistory(length: number, catalogue: number) {
  const fill = (value: (step: number) => number) =>
    Array.from({ length: HISTORY_LENGTH }, (_, step) => (step < length ? value(step) : 0));
  return { items: fill((step) => (step * STRIDE) % catalogue), weights: fill(() => 1), ages: fill((step) => step / 4) };
}

async function send(
  url: string,
  method: string,
  body: Uint8Array<ArrayBuffer> | string,
): ReturnType<Isolate['request']> {
  const response = await fetch(url, { method, body });
  if (!response.ok) throw new Error(`workerd answers ${response.status}: ${await response.text()}`);
  return (await response.json()) as Awaited<ReturnType<Isolate['request']>>;
}

/** → milliseconds. */
async function time(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
