// The served form of models with item vectors: the history's vectors add up to a profile, and an item's score is its
// product with the profile.

import type { GraphBuilder } from '../onnx/graph.ts';
import type { HistoryTensors, ItemVectors, RetrievalModel } from './algorithm.ts';
import { addVotes, type VoteDecay } from './votes.ts';

/** scores[n] = Σ over the history of vote(h) · vectors[items[h]] · vectors[n]; negative sums become 0. */
export function createProfileModel(
  description: Pick<RetrievalModel, 'algorithm' | 'parameters' | 'itemIds'>,
  itemVectors: ItemVectors,
  decay: VoteDecay,
): RetrievalModel {
  return { ...description, itemVectors, addTo: (graph, history) => addProfile(graph, history, itemVectors, decay) };
}

function addProfile(
  graph: GraphBuilder,
  history: HistoryTensors,
  { data, width }: ItemVectors,
  decay: VoteDecay,
): string {
  const vectors = graph.halfConstant('vectors', data, [data.length / width, width]);
  const historyVectors = graph.node('history_vectors', 'Gather', [vectors, history.items]);
  const votes = graph.node('vote_rows', 'Unsqueeze', [addVotes(graph, history, decay), graph.ints('row_axis', 1)]);
  const profileRows = graph.node('profile_rows', 'MatMul', [votes, historyVectors]);
  const profiles = graph.node('profiles', 'Squeeze', [profileRows, graph.ints('squeezed_axis', 1)]);
  const products = graph.node('products', 'Gemm', [profiles, vectors], { transB: 1 });
  return graph.node('scores', 'Relu', [products]);
}
