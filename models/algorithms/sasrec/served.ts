// The transformer as the edge serves it: a model of the retrieval signature with the trained parameters.

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
 * Creates a retrieval model from a copy of the parameters. Its file has them in half precision, which changes NDCG@10
 * by less than 0.0001 (docs/experiments.md).
 */
export function createSasrecModel(
  parameters: Parameters,
  shape: TransformerShape,
  hyperParameters: RetrievalModel['parameters'],
  itemIds: readonly string[],
): RetrievalModel {
  const weights = Object.entries(parameters).map(([name, { data, dimensions }]) => ({
    name,
    data: data.slice(),
    dimensions,
  }));
  return {
    algorithm: 'sasrec',
    parameters: hyperParameters,
    itemIds,
    itemVectors: { data: weights.find(({ name }) => name === 'items')!.data, width: shape.width },
    addTo(graph, history) {
      const constants = weights.map(({ name, data, dimensions }): [string, Tensor] => [
        name,
        { name: graph.halfConstant(name, data, dimensions), type: 'float32', dimensions },
      ]);
      const score = (arrays: Arrays, items: np.Array, segmentIds: np.Array) =>
        scoreItems(arrays, items, segmentIds, shape);
      const known = maskUnknown(graph, history, shape.items, itemIds.length);
      const scores = lower(graph, score, [Object.fromEntries(constants), ...closeGaps(graph, known)]).name;
      return padScores(graph, scores, itemIds.length - shape.items);
    },
  };
}

/** Probabilities of the next item, [batch, shape.items]; all equal if the history is empty. */
export function scoreItems(weights: Arrays, items: np.Array, segmentIds: np.Array, shape: TransformerShape): np.Array {
  const isKnown = np.where(np.greater(segmentIds.ref.slice([], [0, 1]), 0), 1, 0);
  const users = embedUser(weights, items, segmentIds, shape, { newestOnly: true }).reshape([-1, shape.width]);
  return nn.softmax(np.matmul(users.mul(isKnown), weights.items!.transpose()), -1);
}

/** Items that the transformer has no vector for count as gaps: their weight becomes 0, their index a known one. */
function maskUnknown(graph: GraphBuilder, history: HistoryTensors, known: number, items: number): HistoryTensors {
  if (known === items) return history;
  const isKnown = graph.node('is_known', 'Less', [history.items, graph.constant('known', Int32Array.of(known), [])]);
  return {
    ...history,
    items: graph.node('known_items', 'Where', [isKnown, history.items, graph.constant('any', Int32Array.of(0), [])]),
    weights: graph.node('known_weights', 'Where', [isKnown, history.weights, graph.float('unknown', 0)]),
  };
}

/** Appends scores of 0. */
function padScores(graph: GraphBuilder, scores: string, count: number): string {
  return count === 0 ? scores : graph.node('padded', 'Pad', [scores, graph.ints('pads', 0, 0, 0, count)]);
}

/**
 * Moves interactions to the front, in their order: brief or negative events between them must not shift positions.
 * Returns item indices and segment ids (1 for an interaction, 0 for padding), int32 [batch, HISTORY_LENGTH].
 */
function closeGaps(graph: GraphBuilder, { items, weights }: HistoryTensors): [Tensor, Tensor] {
  const dimensions = ['batch', HISTORY_LENGTH] as const;
  const order = Float32Array.from({ length: HISTORY_LENGTH }, (_, position) => HISTORY_LENGTH - position);
  const isInteraction = graph.node('is_interaction', 'GreaterOrEqual', [
    weights,
    graph.float('weight_min', INTERACTION_WEIGHT_MIN),
  ]);
  const recency = graph.node('recency', 'Where', [
    isInteraction,
    graph.constant('order', order),
    graph.float('left_out', 0),
  ]);
  const [sorted, from] = graph.nodes('closed', 'TopK', [recency, graph.ints('length', HISTORY_LENGTH)], 2) as [
    string,
    string,
  ];
  const closed = graph.node('closed_items', 'GatherElements', [items, from], { axis: 1 });
  const isFilled = graph.node('is_filled', 'Greater', [sorted, graph.float('zero', 0)]);
  const segmentIds = graph.node('segment_ids', 'Cast', [isFilled], { to: INT32 });
  return [
    { name: closed, type: 'int32', dimensions },
    { name: segmentIds, type: 'int32', dimensions },
  ];
}

/** ONNX's number for the element type. */
const INT32 = 6;
