// The transformer itself, as functions of jax-js: the same lines become the training step and the graph that the edge
// serves. Arrays are owned as jax-js has it: what is used again is passed as `.ref`.

import { nn, numpy as np } from '@jax-js/jax';
import type { Random } from '../../data/random.ts';
import type { Arrays } from '../../gradient/optimiser.ts';
import type { Parameters } from '../../gradient/step.ts';
import { softmax } from '../../onnx/gradients.ts';

export interface TransformerShape {
  items: number;
  /** Of an item's vector. */
  width: number;
  layers: number;
  heads: number;
  /** Of a feed-forward layer's middle. */
  hiddenWidth: number;
  /** Of a history. */
  length: number;
}

const ITEM_DEVIATION = 0.05;
const NORM_EPSILON = 1e-6;
/** Added to the score of what must not be attended to; finite, since −∞ − −∞ is no number. */
const NEVER = -1e9;

/**
 * First values: matrices that keep variances, those that add to the history together as much as one (Radford et al. 2019);
 * small vectors for items; no word yet on distances.
 */
export function initialise({ items, width, layers, heads, hiddenWidth, length }: TransformerShape, random: Random) {
  const parameters: Parameters = {};
  const add = (name: string, dimensions: number[], value: () => number) => {
    const count = dimensions.reduce((product, dimension) => product * dimension, 1);
    parameters[name] = { data: Float32Array.from({ length: count }, value), dimensions };
  };
  const addMatrix = (name: string, rows: number, columns: number, share = 1) => {
    const deviation = share / Math.sqrt(rows);
    add(name, [rows, columns], () => deviation * random.normal());
  };
  const addGain = (name: string) => add(name, [width], () => 1);

  const shareOfLayer = 1 / Math.sqrt(2 * layers);
  add('items', [items, width], () => ITEM_DEVIATION * random.normal());
  for (let layer = 0; layer < layers; layer++) {
    addGain(`${layer}/attention_gain`);
    for (const name of ['query', 'key', 'value']) addMatrix(`${layer}/${name}`, width, width);
    addMatrix(`${layer}/output`, width, width, shareOfLayer);
    add(`${layer}/distance`, [length, heads], () => 0);
    addGain(`${layer}/feed_gain`);
    addMatrix(`${layer}/expand`, width, hiddenWidth);
    addMatrix(`${layer}/contract`, hiddenWidth, width, shareOfLayer);
  }
  addGain('gain');
  return parameters;
}

/**
 * What a player wants next, as a vector among the items' vectors, seen from each place of the history; from the newest
 * place alone where nothing is asked of the others.
 *
 * @param items int32 [batch, length]: places in the vocabulary, newest first.
 * @param windows int32 [batch, length]: a place sees itself and what is older, as far as it has the same number.
 * @param masks of dropout, [batch, length, width]: one for the items and two for each layer; none when serving.
 * @returns [batch, length, width], or [batch, 1, width]. Leaves `weights.items` to the caller.
 */
export function embedUser(
  weights: Arrays,
  items: np.Array,
  windows: np.Array,
  shape: TransformerShape,
  { masks = [], newestOnly = false }: { masks?: readonly np.Array[]; newestOnly?: boolean } = {},
): np.Array {
  const drop = (array: np.Array, mask: number) => (masks[mask] === undefined ? array : array.mul(masks[mask]));
  let hidden = drop(np.take(weights.items!.ref, items, 0).mul(Math.sqrt(shape.width)), 0);
  for (let layer = 0; layer < shape.layers; layer++) {
    const own = Object.fromEntries(LAYER.map((name) => [name, weights[`${layer}/${name}`]!])) as LayerWeights;
    const places = newestOnly && layer === shape.layers - 1 ? 1 : shape.length;
    const seen = normalise(hidden.ref, own.attention_gain);
    const asking = firstPlaces(seen.ref, places);
    hidden = firstPlaces(hidden, places).add(drop(attend(own, asking, seen, windows.ref, shape), 2 * layer + 1));
    const fed = np.matmul(normalise(hidden.ref, own.feed_gain), own.expand);
    hidden = hidden.add(drop(np.matmul(nn.relu(fed), own.contract), 2 * layer + 2));
  }
  windows.dispose();
  return normalise(hidden, weights.gain!);
}

const LAYER = [
  'attention_gain',
  'query',
  'key',
  'value',
  'output',
  'distance',
  'feed_gain',
  'expand',
  'contract',
] as const;
type LayerWeights = Record<(typeof LAYER)[number], np.Array>;

/** `asking`: [batch, places, width], the first of `seen`: [batch, length, width]. */
function attend(own: LayerWeights, asking: np.Array, seen: np.Array, windows: np.Array, shape: TransformerShape) {
  const { width, heads, length } = shape;
  const places = asking.shape[1]!;
  const split = (array: np.Array) => array.reshape([array.shape[0]!, array.shape[1]!, heads, width / heads]);
  const queries = split(np.matmul(asking, own.query));
  const keys = split(np.matmul(seen.ref, own.key));
  const values = split(np.matmul(seen, own.value));
  const scores = np
    .einsum('bihd,bjhd->bhij', queries, keys)
    .mul(1 / Math.sqrt(width / heads))
    .add(computePositionBias(own.distance, places, shape))
    .add(maskAttention(windows, places, length));
  const mixed = np.einsum('bhij,bjhd->bihd', softmax(scores), values);
  return np.matmul(mixed.reshape([mixed.shape[0]!, places, width]), own.output);
}

/** What is learnt of how far apart two places lie: [1, heads, places, length]. */
function computePositionBias(distance: np.Array, places: number, { heads, length }: TransformerShape): np.Array {
  const cells = Int32Array.from({ length: places * length }, (_, cell) =>
    Math.max(0, (cell % length) - Math.floor(cell / length)),
  );
  const scores = np.take(distance, np.array(cells, { dtype: np.int32 }), 0);
  return scores.reshape([places, length, heads]).transpose([2, 0, 1]).reshape([1, heads, places, length]);
}

/** 0 where a place may look, NEVER elsewhere: [batch, 1, places, length]. */
function maskAttention(windows: np.Array, places: number, length: number): np.Array {
  const older = Float32Array.from({ length: places * length }, (_, cell) =>
    cell % length >= Math.floor(cell / length) ? 0 : NEVER,
  );
  const batch = windows.shape[0]!;
  const own = firstPlaces(windows.ref, places).reshape([batch, 1, places, 1]);
  const same = np.equal(own, windows.reshape([batch, 1, 1, length]));
  return np.where(same, np.array(older).reshape([1, 1, places, length]), NEVER);
}

/** The first places of [batch, length, …]. */
const firstPlaces = (array: np.Array, places: number): np.Array =>
  places === array.shape[1] ? array : array.slice([], [0, places]);

/** Root mean square norm (Zhang & Sennrich 2019) over the last axis. */
function normalise(array: np.Array, gain: np.Array): np.Array {
  const squares = np.mean(np.square(array.ref), -1, { keepdims: true });
  return array.mul(np.reciprocal(np.sqrt(squares.add(NORM_EPSILON)))).mul(gain);
}
