// Compares a jax-js function with its lowered graph in both ONNX runtimes, for tests.

import { defaultDevice, init, numpy as np, valueAndGrad } from '@jax-js/jax';
import * as ort from 'onnxruntime-node';
import * as web from 'onnxruntime-web/wasm';
import { GraphBuilder } from '../models/onnx/graph.ts';
import { type Lowerable, lower, type Tensor } from '../models/onnx/lower.ts';
import type { Dimension } from '../models/onnx/model.ts';

export interface Example {
  data: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;
  shape: readonly number[];
}

export type Traceable = (...arrays: np.Array[]) => np.Array | np.Array[];

export const floats = (shape: readonly number[], element: (at: number) => number): Example => ({
  data: Float32Array.from({ length: shape.reduce((all, size) => all * size, 1) }, (_, at) => element(at)),
  shape,
});
export const ints = (shape: readonly number[], ...elements: number[]): Example => ({
  data: Int32Array.from(elements),
  shape,
});

/** Distinct positive and negative elements, without a pattern. */
export const scattered = (shape: readonly number[], seed = 0, largest = 1.5): Example =>
  floats(shape, (at) => Math.sin(12.9898 * (at + 1) + 78.233 * seed) * largest);

/**
 * The largest difference between jax-js and either runtime over all outputs, relative for elements larger than 1; NaN
 * if only one of two elements is NaN. `dimensions`: of the graph's inputs.
 */
export async function compareRuntimes(
  fn: Traceable,
  examples: readonly Example[],
  dimensions: readonly (readonly Dimension[])[] = examples.map(({ shape }) => shape),
): Promise<number> {
  const expected = await runInJax(fn, examples);
  const { bytes, outputs } = encodeFunction(fn, examples, dimensions);
  web.env.wasm.numThreads = 1;
  const node = await ort.InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const wasm = await web.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  let worst = 0;
  for (const [session, Tensor] of [
    [node, ort.Tensor],
    [wasm, web.Tensor],
  ] as const) {
    const inputs = examples.map(({ data, shape }, at) => [`x${at}`, new Tensor(data as Float32Array, shape)]);
    const results = await session.run(Object.fromEntries(inputs));
    for (const [at, name] of outputs.entries()) {
      const { data, dims } = results[name]!;
      if (String(dims) !== String(expected[at]!.shape))
        throw new Error(`${name} is ${dims}, not ${expected[at]!.shape}`);
      expected[at]!.data.forEach((element, index) => {
        const difference = Math.abs(element - Number(data[index])) / Math.max(1, Math.abs(element));
        if (!Object.is(element, Number(data[index]))) worst = Math.max(worst, difference);
      });
    }
    await session.release();
  }
  return worst;
}

/** The weighted sum of a function's outputs, and its gradients with respect to some arguments. */
export function withGradients(fn: Traceable, argnums: number[]): Traceable {
  const weightedSum = (...arrays: np.Array[]): np.Array => {
    const outputs = [fn(...arrays)].flat();
    const sums = outputs.map((output) => {
      const weights = scattered(output.shape, 7);
      return np.sum(output.mul(np.array(weights.data as Float32Array<ArrayBuffer>, { shape: [...weights.shape] })));
    });
    return sums.reduce((sum, next) => sum.add(next));
  };
  return (...arrays) => {
    const [value, gradients] = valueAndGrad(weightedSum, { argnums })(...arrays);
    return [value, ...(gradients as unknown as np.Array[])];
  };
}

async function runInJax(fn: Traceable, examples: readonly Example[]) {
  await init('cpu');
  defaultDevice('cpu');
  const arrays = examples.map(({ data, shape }) =>
    np.array(data.slice(), { shape: [...shape], dtype: data instanceof Int32Array ? np.int32 : np.float32 }),
  );
  const outputs = [fn(...arrays)].flat();
  return Promise.all(
    outputs.map(async (output) => ({ shape: output.shape, data: Array.from(await output.data(), Number) })),
  );
}

export function encodeFunction(
  fn: Traceable,
  examples: readonly Example[],
  dimensions: readonly (readonly Dimension[])[] = examples.map(({ shape }) => shape),
  graph = new GraphBuilder('example'),
) {
  const inputs = examples.map(({ data }, at): Tensor => {
    const type = data instanceof Int32Array ? 'int32' : 'float32';
    return { name: graph.input(`x${at}`, type, dimensions[at]!), type, dimensions: dimensions[at]! };
  });
  const tensors = [lower(graph, fn, inputs as Lowerable<np.Array[]>)].flat() as Tensor[];
  const outputs = tensors.map(({ name, type, dimensions: own }, at) => {
    graph.output(graph.node(`y${at}`, 'Identity', [name]), type, own);
    return `y${at}`;
  });
  return { bytes: graph.encode().bytes, outputs };
}
