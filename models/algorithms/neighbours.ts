// The served form of every item-to-item model: each item has a row of neighbours with weights, and a history's rows add
// up. How the rows are learnt is the algorithm's affair.

import { HISTORY_LENGTH, type PlainLayout } from '../contracts/release.ts';
import { GraphBuilder } from '../onnx/graph.ts';

export interface NeighbourTables {
  items: number;
  perItem: number;
  /** [items, perItem] places in the vocabulary; where an item has fewer, any place with weight 0. */
  neighbours: Int32Array;
  /** [items, perItem]. */
  weights: Float32Array;
}

/**
 * scores[b, n] = Σ over h of weights[b, h] · 2^(−ages[b, h] / halfLifeDays) · table[items[b, h], n], as an ONNX file.
 * Cells of weight 0 are dropped first, so that a short history costs little.
 */
export function encodeNeighbours(
  { items, perItem, neighbours, weights }: NeighbourTables,
  halfLifeDays: number,
  metadata: Record<string, string>,
): { file: Uint8Array; plain: PlainLayout } {
  const graph = new GraphBuilder('neighbours');
  graph.input('items', 'int32', ['batch', HISTORY_LENGTH]);
  graph.input('weights', 'float32', ['batch', HISTORY_LENGTH]);
  graph.input('ages', 'float32', ['batch', HISTORY_LENGTH]);
  graph.constant('neighbours', neighbours, [items, perItem]);
  graph.constant('neighbour_weights', weights, [items, perItem]);
  graph.ints('flat', -1);
  graph.ints('last_axis', 1);
  graph.ints('item_count', items);

  graph.node('exponents', 'Mul', ['ages', graph.float('decay_per_day', -Math.LN2 / halfLifeDays)]);
  graph.node('decays', 'Exp', ['exponents']);
  graph.node('decayed', 'Mul', ['weights', 'decays']);

  // The cells that count: which row of the batch, which item, which weight.
  graph.node('cells_by_axis', 'NonZero', ['decayed']);
  graph.node('cells', 'Transpose', ['cells_by_axis']);
  graph.node('cell_rows', 'Gather', ['cells_by_axis', graph.constant('first', BigInt64Array.of(0n), [])]);
  graph.node('cell_items', 'GatherND', ['items', 'cells']);
  graph.node('cell_weights', 'GatherND', ['decayed', 'cells']);
  graph.node('cell_weight_column', 'Unsqueeze', ['cell_weights', 'last_axis']);

  // Each cell's neighbours vote; a vote goes to row · items + neighbour of the flattened scores.
  graph.node('voters', 'Gather', ['neighbours', 'cell_items']);
  graph.node('voter_weights', 'Gather', ['neighbour_weights', 'cell_items']);
  graph.node('votes', 'Mul', ['voter_weights', 'cell_weight_column']);
  graph.node('row_offsets', 'Mul', ['cell_rows', 'item_count']);
  graph.node('row_offset_column', 'Unsqueeze', ['row_offsets', 'last_axis']);
  graph.node('row_offset_column_int32', 'Cast', ['row_offset_column'], { to: INT32 });
  graph.node('targets', 'Add', ['voters', 'row_offset_column_int32']);
  graph.node('votes_flat', 'Reshape', ['votes', 'flat']);
  graph.node('targets_flat', 'Reshape', ['targets', 'flat']);

  graph.node('batch_size', 'Shape', ['weights'], { end: 1 });
  graph.node('score_count', 'Mul', ['batch_size', 'item_count']);
  graph.node('zeros', 'ConstantOfShape', ['score_count']);
  graph.node('sums', 'ScatterElements', ['zeros', 'targets_flat', 'votes_flat'], { axis: 0, reduction: 'add' });
  graph.node('scores', 'Reshape', ['sums', graph.ints('score_shape', -1, items)]);
  graph.output('scores', 'float32', ['batch', items]);

  const { bytes, offsets } = graph.encode(metadata);
  return {
    file: bytes,
    plain: {
      kind: 'neighbours',
      neighboursPerItem: perItem,
      neighboursOffset: offsets.get('neighbours')!,
      weightsOffset: offsets.get('neighbour_weights')!,
      halfLifeDays,
    },
  };
}

/** ONNX's number for the element type. */
const INT32 = 6;
