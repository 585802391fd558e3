// The transformer as functions of jax-js: the same lines become the training step and the graph that the edge serves.
// Functions consume their arrays, as in jax-js: an array that is used again is passed as `.ref`.

import { nn, numpy as np } from '@jax-js/jax';
import type { Random } from '../../data/random.ts';
import type { Arrays } from '../../gradient/optimiser.ts';
import type { Parameters } from '../../gradient/step.ts';
import { softmax } from '../../onnx/gradients.ts';

export interface TransformerShape {
  items: number;
  /** Length of an item's vector. */
  width: number;
  layers: number;
  heads: number;
  /** Width of a feed-forward layer's middle. */
  hiddenWidth: number;
  /** Positions of a history. */
  length: number;
}

const ITEM_DEVIATION = 0.05;
const NORM_EPSILON = 1e-6;
/** Attention score of a masked position; finite, since −∞ − −∞ is NaN. */
const MASKED = -1e9;

/**
 * Initial parameters. Matrices keep variances, and those of residual branches are scaled down by their number (Radford
 * et al. 2019, GPT-2); item vectors are small; position biases are 0.
 */
export function initialise({ items, width, layers, heads, hiddenWidth, length }: TransformerShape, random: Random) {
  const parameters: Parameters = {};
  const add = (name: string, dimensions: number[], value: () => number) => {
    const count = dimensions.reduce((product, dimension) => product * dimension, 1);
    parameters[name] = { data: Float32Array.from({ length: count }, value), dimensions };
  };
  const addMatrix = (name: string, rows: number, columns: number, scale = 1) => {
    const deviation = scale / Math.sqrt(rows);
    add(name, [rows, columns], () => deviation * random.normal());
  };
  const addGain = (name: string) => add(name, [width], () => 1);

  const residualScale = 1 / Math.sqrt(2 * layers);
  add('items', [items, width], () => ITEM_DEVIATION * random.normal());
  for (let layer = 0; layer < layers; layer++) {
    addGain(`${layer}/attention_gain`);
    for (const name of ['query', 'key', 'value']) addMatrix(`${layer}/${name}`, width, width);
    addMatrix(`${layer}/output`, width, width, residualScale);
    add(`${layer}/position_bias`, [length, heads], () => 0);
    addGain(`${layer}/feed_gain`);
    addMatrix(`${layer}/expand`, width, hiddenWidth);
    addMatrix(`${layer}/contract`, hiddenWidth, width, residualScale);
  }
  addGain('gain');
  return parameters;
}

/**
 * User embeddings, in the space of the item vectors: the user at each position of the history, or only at the newest.
 *
 * @param items int32 [batch, length]: indices in the vocabulary, newest first.
 * @param segmentIds int32 [batch, length]: a position attends to itself and to older ones of the same segment.
 * @param masks dropout masks, [batch, length, width]: one for the items and two for each layer; none when serving.
 * @returns [batch, length, width], or [batch, 1, width]. Does not consume `weights.items`.
 */
export function embedUser(
  weights: Arrays,
  items: np.Array,
  segmentIds: np.Array,
  shape: TransformerShape,
  { masks = [], newestOnly = false }: { masks?: readonly np.Array[]; newestOnly?: boolean } = {},
): np.Array {
  const drop = (array: np.Array, mask: number) => (masks[mask] === undefined ? array : array.mul(masks[mask]));
  let hidden = drop(np.take(weights.items!.ref, items, 0).mul(Math.sqrt(shape.width)), 0);
  for (let layer = 0; layer < shape.layers; layer++) {
    const own = Object.fromEntries(LAYER.map((name) => [name, weights[`${layer}/${name}`]!])) as LayerWeights;
    const positions = newestOnly && layer === shape.layers - 1 ? 1 : shape.length;
    const seen = normalise(hidden.ref, own.attention_gain);
    const queried = takeNewest(seen.ref, positions);
    hidden = takeNewest(hidden, positions).add(drop(attend(own, queried, seen, segmentIds.ref, shape), 2 * layer + 1));
    const fed = np.matmul(normalise(hidden.ref, own.feed_gain), own.expand);
    hidden = hidden.add(drop(np.matmul(nn.relu(fed), own.contract), 2 * layer + 2));
  }
  segmentIds.dispose();
  return normalise(hidden, weights.gain!);
}

const LAYER = [
  'attention_gain',
  'query',
  'key',
  'value',
  'output',
  'position_bias',
  'feed_gain',
  'expand',
  'contract',
] as const;
type LayerWeights = Record<(typeof LAYER)[number], np.Array>;

/** `queried`: [batch, positions, width], the newest of `seen`: [batch, length, width]. */
function attend(own: LayerWeights, queried: np.Array, seen: np.Array, segmentIds: np.Array, shape: TransformerShape) {
  const { width, heads, length } = shape;
  const positions = queried.shape[1]!;
  const split = (array: np.Array) => array.reshape([array.shape[0]!, array.shape[1]!, heads, width / heads]);
  const queries = split(np.matmul(queried, own.query));
  const keys = split(np.matmul(seen.ref, own.key));
  const values = split(np.matmul(seen, own.value));
  const scores = np
    .einsum('bihd,bjhd->bhij', queries, keys)
    .mul(1 / Math.sqrt(width / heads))
    .add(computePositionBias(own.position_bias, positions, shape))
    .add(maskAttention(segmentIds, positions, length));
  const mixed = np.einsum('bhij,bjhd->bihd', softmax(scores), values);
  return np.matmul(mixed.reshape([mixed.shape[0]!, positions, width]), own.output);
}

/**
 * Relative position bias, one per distance and head (Shaw et al. 2018; Raffel et al. 2020): [1, heads, positions,
 * length].
 */
function computePositionBias(biases: np.Array, positions: number, { heads, length }: TransformerShape): np.Array {
  const cells = Int32Array.from({ length: positions * length }, (_, cell) =>
    Math.max(0, (cell % length) - Math.floor(cell / length)),
  );
  const scores = np.take(biases, np.array(cells, { dtype: np.int32 }), 0);
  return scores.reshape([positions, length, heads]).transpose([2, 0, 1]).reshape([1, heads, positions, length]);
}

/** Attention mask: 0 for older positions of the same segment, MASKED for others; [batch, 1, positions, length]. */
function maskAttention(segmentIds: np.Array, positions: number, length: number): np.Array {
  const older = Float32Array.from({ length: positions * length }, (_, cell) =>
    cell % length >= Math.floor(cell / length) ? 0 : MASKED,
  );
  const batch = segmentIds.shape[0]!;
  const own = takeNewest(segmentIds.ref, positions).reshape([batch, 1, positions, 1]);
  const same = np.equal(own, segmentIds.reshape([batch, 1, 1, length]));
  return np.where(same, np.array(older).reshape([1, 1, positions, length]), MASKED);
}

/** The newest positions of [batch, length, …]. */
const takeNewest = (array: np.Array, positions: number): np.Array =>
  positions === array.shape[1] ? array : array.slice([], [0, positions]);

/** Root mean square norm (Zhang & Sennrich 2019) over the last axis. */
function normalise(array: np.Array, gain: np.Array): np.Array {
  const squares = np.mean(np.square(array.ref), -1, { keepdims: true });
  return array.mul(np.reciprocal(np.sqrt(squares.add(NORM_EPSILON)))).mul(gain);
}
