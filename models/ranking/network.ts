// The ranking model as functions of jax-js: one network for all actions, small enough for hundreds of candidates in a
// millisecond. A linear path beside the hidden layers carries most of the model when data is scarce.

import { nn, numpy as np } from '@jax-js/jax';
import { ACTIONS } from '../contracts/algorithm-settings.ts';
import type { Random } from '../data/random.ts';
import { FEATURES } from '../features/ranking.ts';
import type { Arrays } from '../gradient/optimiser.ts';
import type { Parameters } from '../gradient/step.ts';
import { GraphBuilder } from '../onnx/graph.ts';
import { lower, type Tensor } from '../onnx/lower.ts';

const HIDDEN = 32;
/** Standardised features are clipped at this many deviations: training saw little beyond. */
const DEVIATIONS_MAX = 5;

/** Standardises each feature to mean 0 and deviation 1, and a constant one to 0. */
export interface Scaling {
  means: Float32Array;
  factors: Float32Array;
}

/** `baseRates`: by action, the probabilities that training starts from. */
export function initialiseRanker(baseRates: readonly number[], random: Random): Parameters {
  const matrix = (rows: number, columns: number, deviation: number) => ({
    data: Float32Array.from({ length: rows * columns }, () => deviation * random.normal()),
    dimensions: [rows, columns],
  });
  const zeros = (length: number) => ({ data: new Float32Array(length), dimensions: [length] });
  const features = FEATURES.length;
  return {
    first: matrix(features, HIDDEN, Math.sqrt(2 / features)),
    firstBias: zeros(HIDDEN),
    second: matrix(HIDDEN, HIDDEN, Math.sqrt(2 / HIDDEN)),
    secondBias: zeros(HIDDEN),
    last: matrix(HIDDEN, ACTIONS.length, 0.1 / Math.sqrt(HIDDEN)),
    linear: matrix(features, ACTIONS.length, 0),
    lastBias: {
      data: Float32Array.from(baseRates, (rate) => Math.log(rate / (1 - rate))),
      dimensions: [ACTIONS.length],
    },
  };
}

/** Features [n, FEATURES] → logits [n, ACTIONS]. */
function predictLogits(weights: Arrays, means: np.Array, factors: np.Array, features: np.Array): np.Array {
  const scaled = np.clip(features.sub(means).mul(factors), -DEVIATIONS_MAX, DEVIATIONS_MAX);
  const first = nn.relu(np.matmul(scaled.ref, weights.first!).add(weights.firstBias!));
  const second = nn.relu(np.matmul(first, weights.second!).add(weights.secondBias!));
  return np.matmul(second, weights.last!).add(np.matmul(scaled, weights.linear!)).add(weights.lastBias!);
}

/** Weighted mean over examples of the summed binary cross-entropies. */
export function computeLoss(weights: Arrays, batch: Arrays): np.Array {
  const logits = predictLogits(weights, batch.means!, batch.factors!, batch.features!);
  const entropies = nn.softplus(logits.ref).sub(logits.mul(batch.labels!));
  return np.sum(np.sum(entropies, 1).mul(batch.weights!.ref)).div(np.sum(batch.weights!));
}

/** Encodes the model file: features float32 [batch, FEATURES] → probabilities float32 [batch, ACTIONS]. */
export function encodeRanker(parameters: Parameters, { means, factors }: Scaling, metadata: Record<string, string>) {
  const graph = new GraphBuilder('ranking');
  const constant = (name: string, data: Float32Array, dimensions: readonly number[]): Tensor => ({
    name: graph.constant(name, data, dimensions),
    type: 'float32',
    dimensions,
  });
  const weights = Object.entries(parameters).map(([name, { data, dimensions }]): [string, Tensor] => [
    name,
    constant(name, data.slice(), dimensions),
  ]);
  const dimensions = ['batch', FEATURES.length] as const;
  const features: Tensor = { name: graph.input('features', 'float32', dimensions), type: 'float32', dimensions };
  const predict = (arrays: Arrays, ...inputs: [np.Array, np.Array, np.Array]) =>
    nn.sigmoid(predictLogits(arrays, ...inputs));
  const { name } = lower(graph, predict, [
    Object.fromEntries(weights),
    constant('means', means, [FEATURES.length]),
    constant('factors', factors, [FEATURES.length]),
    features,
  ]);
  graph.node('probabilities', 'Identity', [name]);
  graph.output('probabilities', 'float32', ['batch', ACTIONS.length]);
  return graph.encode(metadata).bytes;
}
