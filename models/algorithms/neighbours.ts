// The served form of every item-to-item model: each item has a row of weighted neighbours, and the rows of a history
// are added up. The algorithms compute the rows.

import type { NeighbourTables } from '../contracts/neighbours.ts';
import { encodeFloat16 } from '../onnx/float16.ts';
import type { GraphBuilder } from '../onnx/graph.ts';
import { ELEMENT } from '../onnx/model.ts';
import type { HistoryTensors, RetrievalModel } from './algorithm.ts';
import { addVotes, type VoteDecay } from './votes.ts';

/** An item index takes 2 bytes, and its weight 2. */
const CELL_BYTES = 4;
/** Item indices are signed 16-bit integers: larger ones would wrap around silently. */
export const TABLE_ROWS_MAX = 2 ** 15;
/** A quarter of the edge's limit: a blend holds the tables of several algorithms beside a transformer. */
const TABLE_BYTES_MAX = 4e6;
/** Twice as many were measured to gain nothing with transitions, 2% with cosines. */
const PER_ITEM_MAX = 200;

/** Number of neighbours per item that fit in a model file with `rows` items. */
export const countNeighboursThatFit = (rows: number): number =>
  Math.max(1, Math.min(PER_ITEM_MAX, rows, Math.floor(TABLE_BYTES_MAX / CELL_BYTES / Math.max(1, rows))));

/** scores[n] = Σ over the history of vote(h) · table[items[h], n]; negative sums become 0. */
export function createNeighbourModel(
  description: Pick<RetrievalModel, 'algorithm' | 'parameters' | 'itemIds'>,
  tables: NeighbourTables,
  decay: VoteDecay,
): RetrievalModel {
  return { ...description, neighbours: tables, addTo: (graph, history) => addTables(graph, history, tables, decay) };
}

/** Votes of 0 are dropped first, so that a short history costs little. Throws if an index does not fit. */
function addTables(graph: GraphBuilder, history: HistoryTensors, tables: NeighbourTables, decay: VoteDecay): string {
  const { items, perItem } = tables;
  const indexed = tables.neighbours.reduce((most, neighbour) => Math.max(most, neighbour), 0) + 1;
  if (indexed > TABLE_ROWS_MAX)
    throw new Error(
      `${indexed} items are too many for a neighbour table, which holds ${TABLE_ROWS_MAX}: leave the rarest out`,
    );
  const rows = Math.min(items, countRows(tables) + 1);
  const neighbours = Int16Array.from(tables.neighbours.subarray(0, rows * perItem));
  const neighbourTable = graph.constant('neighbours', neighbours, [rows, perItem]);
  const weights = graph.constant('neighbour_weights', encodeFloat16(relativeToLargest(tables, rows)), [rows, perItem]);
  const lastAxis = graph.ints('last_axis', 1);
  const cells = addCells(graph, history, decay);
  const voteColumn = graph.node('cell_vote_column', 'Unsqueeze', [cells.votes, lastAxis]);
  let cellItems = cells.items;
  // Items without neighbours share the one empty row.
  if (rows < items)
    cellItems = graph.node('cell_table_rows', 'Min', [
      cellItems,
      graph.constant('empty_row', Int32Array.of(rows - 1), []),
    ]);

  // Each cell votes for its neighbours; a vote is added at row · items + neighbour of the flattened scores.
  const rowNeighbours = graph.node('row_neighbours', 'Gather', [neighbourTable, cellItems]);
  const rowNeighboursInt32 = graph.node('row_neighbours_int32', 'Cast', [rowNeighbours], { to: ELEMENT.int32 });
  const rowWeights = graph.node('row_weights', 'Gather', [weights, cellItems]);
  const rowWeightsFloat32 = graph.node('row_weights_float32', 'Cast', [rowWeights], { to: ELEMENT.float32 });
  const votes = graph.node('neighbour_votes', 'Mul', [rowWeightsFloat32, voteColumn]);
  const rowOffsets = graph.node('row_offsets', 'Mul', [cells.rows, graph.ints('item_count', items)]);
  const rowOffsetColumn = graph.node('row_offset_column', 'Unsqueeze', [rowOffsets, lastAxis]);
  const rowOffsetInt32 = graph.node('row_offset_column_int32', 'Cast', [rowOffsetColumn], { to: ELEMENT.int32 });
  const targets = graph.node('targets', 'Add', [rowNeighboursInt32, rowOffsetInt32]);
  return graph.node('scores', 'Relu', [addScatteredSums(graph, history, items, targets, votes)]);
}

/** The cells of the history that have a vote: the row of the batch, the item and the vote of each, [cells]. */
function addCells(graph: GraphBuilder, history: HistoryTensors, decay: VoteDecay) {
  const votes = addVotes(graph, history, decay);
  const cellsByAxis = graph.node('cells_by_axis', 'NonZero', [votes]);
  const cells = graph.node('cells', 'Transpose', [cellsByAxis]);
  return {
    rows: graph.node('cell_rows', 'Gather', [cellsByAxis, graph.constant('first', BigInt64Array.of(0n), [])]),
    votes: graph.node('cell_votes', 'GatherND', [votes, cells]),
    items: graph.node('cell_items', 'GatherND', [history.items, cells]),
  };
}

/** Sums `votes` at their `targets`, indices into the flattened scores; [batch, items]. */
function addScatteredSums(
  graph: GraphBuilder,
  history: HistoryTensors,
  items: number,
  targets: string,
  votes: string,
): string {
  const flat = graph.ints('flat', -1);
  const votesFlat = graph.node('votes_flat', 'Reshape', [votes, flat]);
  const targetsFlat = graph.node('targets_flat', 'Reshape', [targets, flat]);
  const batchSize = graph.node('batch_size', 'Shape', [history.weights], { end: 1 });
  const scoreCount = graph.node('score_count', 'Mul', [batchSize, graph.ints('items_per_row', items)]);
  const zeros = graph.node('zeros', 'ConstantOfShape', [scoreCount]);
  const scatter = { axis: 0, reduction: 'add' };
  const sums = graph.node('sums', 'ScatterElements', [zeros, targetsFlat, votesFlat], scatter);
  return graph.node('table', 'Reshape', [sums, graph.ints('score_shape', -1, items)]);
}

/** Number of rows up to the last with a weight. */
function countRows({ perItem, weights }: NeighbourTables): number {
  let cells = weights.length;
  while (cells > 0 && weights[cells - 1] === 0) cells--;
  return Math.ceil(cells / perItem);
}

/** Scales weights to at most 1, where half precision is finest; the order of scores stays. */
function relativeToLargest({ perItem, weights }: NeighbourTables, rows: number): Float32Array {
  let largest = 0;
  for (const weight of weights) largest = Math.max(largest, Math.abs(weight));
  return weights.subarray(0, rows * perItem).map((weight) => (largest > 0 ? weight / largest : 0));
}
