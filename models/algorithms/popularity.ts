// Popularity: every player gets the items that most players chose. The bar that any model must clear.

import { HISTORY_LENGTH } from '../contracts/release.ts';
import { GraphBuilder } from '../onnx/graph.ts';
import type { Interactions } from '../training/interactions.ts';
import { chooseVocabulary, type TrainedModel } from './algorithm.ts';

export async function trainPopularity(interactions: Interactions): Promise<TrainedModel> {
  const { itemIds, counts } = chooseVocabulary(interactions, Number.POSITIVE_INFINITY);
  const graph = new GraphBuilder('popularity');
  graph.input('items', 'int32', ['batch', HISTORY_LENGTH]);
  graph.input('weights', 'float32', ['batch', HISTORY_LENGTH]);
  graph.input('ages', 'float32', ['batch', HISTORY_LENGTH]);
  const batch = graph.node('batch', 'Shape', ['weights'], { end: 1 });
  const shape = graph.node('shape', 'Concat', [batch, graph.ints('one', 1)], { axis: 0 });
  graph.node('scores', 'Expand', [graph.constant('popularity', Float32Array.from(counts)), shape]);
  graph.output('scores', 'float32', ['batch', itemIds.length]);
  const { bytes } = graph.encode({ algorithm: 'popularity' });
  return { algorithm: 'popularity', parameters: {}, itemIds, file: bytes };
}
