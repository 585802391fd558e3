// Runs ONNX models on onnxruntime-node. The only file of models/ that knows it; Workers never import this.

import * as ort from 'onnxruntime-node';
import { HISTORY_LENGTH } from '../contracts/release.ts';
import type { Scorer } from '../evaluation/ranking.ts';

export interface TensorData {
  data: Float32Array | Int32Array;
  dimensions: readonly number[];
}

export interface Session {
  /** Runs the model. Data is read, and where `outputs` names tensors written, in place: nothing is copied. */
  run(inputs: Record<string, TensorData>, outputs: Record<string, TensorData>): Promise<void>;
  release(): Promise<void>;
}

const open = (model: Uint8Array) =>
  ort.InferenceSession.create(model, { executionProviders: ['cpu'], logSeverityLevel: 3 });

const toTensor = ({ data, dimensions }: TensorData): ort.Tensor => new ort.Tensor(data, dimensions);

const toTensors = (named: Record<string, TensorData>): Record<string, ort.Tensor> =>
  Object.fromEntries(Object.entries(named).map(([name, tensor]) => [name, toTensor(tensor)]));

/** Opens a model whose outputs have shapes that the caller knows. Throws where the file is no valid model. */
export async function openSession(model: Uint8Array): Promise<Session> {
  const session = await open(model);
  return {
    async run(inputs, outputs) {
      await session.run(toTensors(inputs), toTensors(outputs));
    },
    release: () => session.release(),
  };
}

/** Opens a model of the retrieval signature (models/contracts/release.ts). Throws where the file is no valid model. */
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
