// The served form of every item-to-item model: each item has a row of neighbours with weights, and a history's rows add
// up. How the rows are learnt is the algorithm's affair.

import type { NeighbourTables } from '../contracts/neighbours.ts';
import { encodeFloat16 } from '../onnx/float16.ts';
import type { GraphBuilder } from '../onnx/graph.ts';
import { ELEMENT } from '../onnx/model.ts';
import type { HistoryTensors, RetrievalModel } from './algorithm.ts';
import { addVotes, type VoteDecay } from './votes.ts';

/** A place takes 2 bytes, and its weight 2. */
const CELL_BYTES = 4;
/** Places are 16-bit whole numbers with a sign: larger ones would wrap around unseen. */
const ITEMS_MAX = 2 ** 15;
/** A fifth of a file: a blend holds the tables of several algorithms beside a transformer. */
const TABLE_BYTES_MAX = 4e6;
/** Twice as many were measured to gain nothing with transitions, 2% with cosines. */
const PER_ITEM_MAX = 200;

/** How many neighbours of each of `rows` items a model file has room for. */
export const countNeighboursThatFit = (rows: number): number =>
  Math.max(1, Math.min(PER_ITEM_MAX, rows, Math.floor(TABLE_BYTES_MAX / CELL_BYTES / Math.max(1, rows))));

/** scores[n] = Σ over the history of vote(h) · table[items[h], n]; below 0 it is 0. */
export function createNeighbourModel(
  description: Pick<RetrievalModel, 'algorithm' | 'parameters' | 'itemIds'>,
  tables: NeighbourTables,
  decay: VoteDecay,
): RetrievalModel {
  return { ...description, neighbours: tables, addTo: (graph, history) => addTables(graph, history, tables, decay) };
}

/** Votes of weight 0 are dropped first, so that a short history costs little. Throws beyond ITEMS_MAX. */
function addTables(graph: GraphBuilder, history: HistoryTensors, tables: NeighbourTables, decay: VoteDecay): string {
  const { items, perItem } = tables;
  if (items > ITEMS_MAX)
    throw new Error(
      `${items} items are too many for a neighbour table, which numbers ${ITEMS_MAX}: leave the rarest out`,
    );
  const rows = Math.min(items, countRows(tables) + 1);
  const neighbours = Int16Array.from(tables.neighbours.subarray(0, rows * perItem));
  const places = graph.constant('neighbours', neighbours, [rows, perItem]);
  const weights = graph.constant('neighbour_weights', encodeFloat16(relativeToLargest(tables, rows)), [rows, perItem]);
  const lastAxis = graph.ints('last_axis', 1);

  // The cells that count: which row of the batch, which item, which vote.
  const votes = addVotes(graph, history, decay);
  const cellsByAxis = graph.node('cells_by_axis', 'NonZero', [votes]);
  const cells = graph.node('cells', 'Transpose', [cellsByAxis]);
  const cellRows = graph.node('cell_rows', 'Gather', [cellsByAxis, graph.constant('first', BigInt64Array.of(0n), [])]);
  const cellVotes = graph.node('cell_votes', 'GatherND', [votes, cells]);
  const cellVoteColumn = graph.node('cell_vote_column', 'Unsqueeze', [cellVotes, lastAxis]);
  let cellItems = graph.node('cell_items', 'GatherND', [history.items, cells]);
  // Items without neighbours share the one empty row.
  if (rows < items)
    cellItems = graph.node('cell_rows_of_table', 'Min', [
      cellItems,
      graph.constant('empty_row', Int32Array.of(rows - 1), []),
    ]);

  // Each cell's neighbours are voted for; a vote goes to row · items + neighbour of the flattened scores.
  const chosen = graph.node('chosen', 'Gather', [places, cellItems]);
  const chosenPlaces = graph.node('chosen_places', 'Cast', [chosen], { to: ELEMENT.int32 });
  const chosenWeights = graph.node('chosen_weights', 'Gather', [weights, cellItems]);
  const chosenFloats = graph.node('chosen_floats', 'Cast', [chosenWeights], { to: ELEMENT.float32 });
  const shares = graph.node('shares', 'Mul', [chosenFloats, cellVoteColumn]);
  const itemCount = graph.ints('item_count', items);
  const rowOffsets = graph.node('row_offsets', 'Mul', [cellRows, itemCount]);
  const rowOffsetColumn = graph.node('row_offset_column', 'Unsqueeze', [rowOffsets, lastAxis]);
  const rowOffsetInt32 = graph.node('row_offset_column_int32', 'Cast', [rowOffsetColumn], { to: ELEMENT.int32 });
  const targets = graph.node('targets', 'Add', [chosenPlaces, rowOffsetInt32]);
  const flat = graph.ints('flat', -1);
  const sharesFlat = graph.node('shares_flat', 'Reshape', [shares, flat]);
  const targetsFlat = graph.node('targets_flat', 'Reshape', [targets, flat]);

  const batchSize = graph.node('batch_size', 'Shape', [history.weights], { end: 1 });
  const scoreCount = graph.node('score_count', 'Mul', [batchSize, itemCount]);
  const zeros = graph.node('zeros', 'ConstantOfShape', [scoreCount]);
  const scatter = { axis: 0, reduction: 'add' };
  const sums = graph.node('sums', 'ScatterElements', [zeros, targetsFlat, sharesFlat], scatter);
  const table = graph.node('table', 'Reshape', [sums, graph.ints('score_shape', -1, items)]);
  return graph.node('scores', 'Relu', [table]);
}

/** Rows up to the last that says something. */
function countRows({ perItem, weights }: NeighbourTables): number {
  let cells = weights.length;
  while (cells > 0 && weights[cells - 1] === 0) cells--;
  return Math.ceil(cells / perItem);
}

/** Scaled to at most 1, where half precision is finest; the order of scores stays. */
function relativeToLargest({ perItem, weights }: NeighbourTables, rows: number): Float32Array {
  let largest = 0;
  for (const weight of weights) largest = Math.max(largest, Math.abs(weight));
  return weights.subarray(0, rows * perItem).map((weight) => (largest > 0 ? weight / largest : 0));
}
