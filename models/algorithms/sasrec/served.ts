// The transformer as the edge serves it: a model of the retrieval signature, made of the weights that were learnt.

import { nn, numpy as np } from '@jax-js/jax';
import { HISTORY_LENGTH } from '../../contracts/release.ts';
import { INTERACTION_WEIGHT_MIN } from '../../features/weights.ts';
import type { Arrays } from '../../gradient/optimiser.ts';
import type { Parameters } from '../../gradient/step.ts';
import type { GraphBuilder } from '../../onnx/graph.ts';
import { lower, type Tensor } from '../../onnx/lower.ts';
import type { HistoryTensors, RetrievalModel } from '../algorithm.ts';
import { embedUser, type TransformerShape } from './transformer.ts';

/**
 * The model that serves these parameters, of which it keeps a copy. The file holds them in half precision: it changes NDCG@10
 * by less than 0.0001 (docs/experiments.md).
 */
export function createSasrecModel(
  parameters: Parameters,
  shape: TransformerShape,
  described: RetrievalModel['parameters'],
  itemIds: readonly string[],
): RetrievalModel {
  const weights = Object.entries(parameters).map(([name, { data, dimensions }]) => ({
    name,
    data: data.slice(),
    dimensions,
  }));
  return {
    algorithm: 'sasrec',
    parameters: described,
    itemIds,
    itemVectors: { data: weights.find(({ name }) => name === 'items')!.data, width: shape.width },
    addTo(graph, history) {
      const constants = weights.map(({ name, data, dimensions }): [string, Tensor] => [
        name,
        { name: graph.halfConstant(name, data, dimensions), type: 'float32', dimensions },
      ]);
      const score = (arrays: Arrays, items: np.Array, windows: np.Array) => scoreItems(arrays, items, windows, shape);
      return lower(graph, score, [Object.fromEntries(constants), ...closeGaps(graph, history)]).name;
    },
  };
}

/** Probabilities of the next item, [batch, items]; all alike where the history is empty. */
export function scoreItems(weights: Arrays, items: np.Array, windows: np.Array, shape: TransformerShape): np.Array {
  const isKnown = np.where(np.greater(windows.ref.slice([], [0, 1]), 0), 1, 0);
  const wanted = embedUser(weights, items, windows, shape, { newestOnly: true }).reshape([-1, shape.width]);
  return nn.softmax(np.matmul(wanted.mul(isKnown), weights.items!.transpose()), -1);
}

/**
 * Brings what was chosen to the front, in its order: a glance or a refusal in between must not count as a place. →
 * places of items and windows (1 where there is one), int32 [batch, HISTORY_LENGTH].
 */
function closeGaps(graph: GraphBuilder, { items, weights }: HistoryTensors): [Tensor, Tensor] {
  const dimensions = ['batch', HISTORY_LENGTH] as const;
  const order = Float32Array.from({ length: HISTORY_LENGTH }, (_, place) => HISTORY_LENGTH - place);
  const isChosen = graph.node('is_chosen', 'GreaterOrEqual', [
    weights,
    graph.float('weight_min', INTERACTION_WEIGHT_MIN),
  ]);
  const ranks = graph.node('ranks', 'Where', [isChosen, graph.constant('recency', order), graph.float('left_out', 0)]);
  const [sorted, from] = graph.nodes('closed', 'TopK', [ranks, graph.ints('length', HISTORY_LENGTH)], 2) as [
    string,
    string,
  ];
  const closed = graph.node('closed_items', 'GatherElements', [items, from], { axis: 1 });
  const isFilled = graph.node('is_filled', 'Greater', [sorted, graph.float('nothing', 0)]);
  const windows = graph.node('windows', 'Cast', [isFilled], { to: INT32 });
  return [
    { name: closed, type: 'int32', dimensions },
    { name: windows, type: 'int32', dimensions },
  ];
}

/** ONNX's number for the element type. */
const INT32 = 6;
