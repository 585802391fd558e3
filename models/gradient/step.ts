// A training step as one ONNX graph: loss, gradients and optimiser. The state is kept in two sets of arrays that swap
// at each step: one is read while the other is written, so nothing is copied.

import { type numpy as np, valueAndGrad } from '@jax-js/jax';
import { GraphBuilder } from '../onnx/graph.ts';
import { lower, type Tensor } from '../onnx/lower.ts';
import { type Device, openSession, type TensorData } from '../onnx/session.ts';
import { type Arrays, type OptimiserOptions, type OptimiserState, updateAdamW } from './optimiser.ts';

/** Trained parameters by name. */
export type Parameters = Record<string, TensorData & { data: Float32Array }>;

/** Shape of each tensor that a step reads beside the parameters, by name. */
export type BatchShape = Record<string, { type: 'float32' | 'int32'; dimensions: readonly number[] }>;

/** → scalar. Owns its arguments, as functions of jax-js do. */
export type Loss = (parameters: Arrays, batch: Arrays) => np.Array;

export interface TrainingStep {
  /** One step on a batch; → the loss before the step. `steps`: of the whole training, for the learning rate. */
  run(batch: Record<string, TensorData>, steps: number): Promise<number>;
  /** The current parameters; the next step but one overwrites them. */
  parameters(): Parameters;
  /** The whole state, for a later training to continue from. */
  save(): Uint8Array;
  /** Continues from a saved state; → its completed steps. Throws if the sizes differ. */
  restore(saved: Uint8Array): number;
  release(): Promise<void>;
}

/** `threads`: one per core by default. */
export async function openTrainingStep(
  loss: Loss,
  initial: Parameters,
  batchShape: BatchShape,
  optimiser: OptimiserOptions,
  device: Device = 'cpu',
  threads?: number,
): Promise<TrainingStep> {
  const { bytes } = encodeStep(loss, initial, batchShape, optimiser);
  const session = await openSession(bytes, device, threads);
  const lossValue = new Float32Array(1);
  let state = createState(initial);
  let spare = createState(initial);
  return {
    async run(batch, steps) {
      const inputs = { ...state, ...batch, steps: { data: Float32Array.of(steps), dimensions: [] } };
      const outputs = Object.fromEntries(Object.entries(spare).map(([name, tensor]) => [`next/${name}`, tensor]));
      await session.run(inputs, { ...outputs, loss: { data: lossValue, dimensions: [] } });
      [state, spare] = [spare, state];
      return lossValue[0]!;
    },
    parameters: () =>
      Object.fromEntries(Object.keys(initial).map((name) => [name, state[`parameters/${name}`]!])) as Parameters,
    save: () => encodeState(state),
    restore(saved) {
      decodeState(saved, state);
      return state.step!.data[0]!;
    },
    release: () => session.release(),
  };
}

type FlatState = Record<string, TensorData & { data: Float32Array }>;

const MOMENTS = ['means', 'squares'] as const;

function createState(initial: Parameters): FlatState {
  const state: FlatState = { step: { data: new Float32Array(1), dimensions: [] } };
  for (const [name, { data, dimensions }] of Object.entries(initial)) {
    state[`parameters/${name}`] = { data: data.slice(), dimensions };
    for (const moment of MOMENTS) state[`${moment}/${name}`] = { data: new Float32Array(data.length), dimensions };
  }
  return state;
}

function encodeStep(loss: Loss, initial: Parameters, batchShape: BatchShape, options: OptimiserOptions) {
  const graph = new GraphBuilder('training step');
  const input = (name: string, type: 'float32' | 'int32', dimensions: readonly number[]): Tensor => ({
    name: graph.input(name, type, dimensions),
    type,
    dimensions,
  });
  const each = (kind: string) =>
    mapValues(initial, ({ dimensions }, name) => input(`${kind}/${name}`, 'float32', dimensions));
  const state = {
    parameters: each('parameters'),
    means: each('means'),
    squares: each('squares'),
    step: input('step', 'float32', []),
  };
  const batch = mapValues(batchShape, ({ type, dimensions }, name) => input(name, type, dimensions));

  const run = (before: OptimiserState, arrays: Arrays, steps: np.Array) => {
    const references = mapValues(before.parameters, (parameter) => parameter.ref);
    const [value, gradients] = valueAndGrad(loss)(references, arrays);
    return { value, next: updateAdamW(before, gradients, steps, options) };
  };
  const { value, next } = lower(graph, run, [state, batch, input('steps', 'float32', [])]);
  const output = (name: string, { name: from, dimensions }: Tensor) => {
    graph.node(name, 'Identity', [from]);
    graph.output(name, 'float32', dimensions);
  };
  output('loss', value);
  output('next/step', next.step);
  for (const kind of ['parameters', ...MOMENTS] as const)
    for (const [name, tensor] of Object.entries(next[kind])) output(`next/${kind}/${name}`, tensor);
  return graph.encode();
}

const mapValues = <T, R>(record: Record<string, T>, map: (value: T, name: string) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]));

/** Concatenates the arrays in the order of the state's names. */
function encodeState(state: FlatState): Uint8Array {
  const arrays = Object.values(state).map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return Buffer.concat(arrays);
}

function decodeState(saved: Uint8Array, state: FlatState): void {
  const bytes = Object.values(state).reduce((sum, { data }) => sum + data.byteLength, 0);
  if (saved.length !== bytes) throw new Error(`a saved training state has ${saved.length} bytes instead of ${bytes}`);
  let at = 0;
  for (const { data } of Object.values(state)) {
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength).set(saved.subarray(at, at + data.byteLength));
    at += data.byteLength;
  }
}
