// Runs ONNX models on onnxruntime-node. No other file imports that package (npm run floors checks it), tests aside.

import * as ort from 'onnxruntime-node';
import { HISTORY_LENGTH } from '../contracts/release.ts';
import type { Scorer } from './scorer.ts';

export interface TensorData {
  data: Float32Array | Int32Array;
  dimensions: readonly number[];
}

export interface Session {
  /** Reads `inputs` and writes `outputs` in place, without copies. */
  run(inputs: Record<string, TensorData>, outputs: Record<string, TensorData>): Promise<void>;
  release(): Promise<void>;
}

/** Devices that a session can run on. */
export const DEVICES = ['cpu', 'cuda'] as const;
export type Device = (typeof DEVICES)[number];

/** onnxruntime takes 0 threads as one per core. */
const ALL_CORES = 0;
/**
 * Time that an idle thread spins: longer than the gap between two operators and no longer, since the thread it waits
 * for may need the core. As fast as onnxruntime's default on a quiet machine, a fifth faster on a busy one.
 */
const SPINNING_US = 20;

/** Throws if the file is not a valid model or this machine lacks the device. */
async function open(model: Uint8Array, device: Device = 'cpu', threads?: number): Promise<ort.InferenceSession> {
  try {
    const executionProviders = device === 'cuda' ? ['cuda', 'cpu'] : ['cpu'];
    return await ort.InferenceSession.create(model, {
      executionProviders,
      intraOpNumThreads: threads ?? ALL_CORES,
      logSeverityLevel: 3,
      extra: { session: { intra_op: { spin_duration_us: String(SPINNING_US) } } },
    });
  } catch (error) {
    if (device === 'cpu') throw error;
    throw new Error(
      `onnxruntime cannot use CUDA here (${(error as Error).message}): it needs an NVIDIA driver, CUDA 12 and its ` +
        'own library, which `node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12` ' +
        'downloads; --device cpu needs nothing',
      { cause: error },
    );
  }
}

const toTensor = ({ data, dimensions }: TensorData): ort.Tensor => new ort.Tensor(data, dimensions);

const toTensors = (named: Record<string, TensorData>): Record<string, ort.Tensor> =>
  Object.fromEntries(Object.entries(named).map(([name, tensor]) => [name, toTensor(tensor)]));

/** Opens a model for a caller that knows the shapes of its outputs. `threads`: one per core by default. */
export async function openSession(model: Uint8Array, device: Device = 'cpu', threads?: number): Promise<Session> {
  const session = await open(model, device, threads);
  return {
    async run(inputs, outputs) {
      await session.run(toTensors(inputs), toTensors(outputs));
    },
    release: () => session.release(),
  };
}

/** Opens a model of the retrieval signature (models/contracts/release.ts). Throws if the file is not a valid model. */
export async function openScorer(
  model: Uint8Array,
  itemIds: readonly string[],
): Promise<Scorer & { release(): Promise<void> }> {
  const session = await open(model);
  return {
    itemIds,
    async score({ batch, items, weights, ages }) {
      const dimensions = [batch, HISTORY_LENGTH];
      const { scores } = await session.run(
        toTensors({
          items: { data: items, dimensions },
          weights: { data: weights, dimensions },
          ages: { data: ages, dimensions },
        }),
      );
      return scores!.data as Float32Array;
    },
    release: () => session.release(),
  };
}
