// Reads and writes at indices that are known only when the model runs. Indices must lie within the array: ONNX runtimes
// refuse others, for which jax-js reads some element.

import type { Draft } from './draft.ts';
import { padLayout, shapeOf } from './layout.ts';
import { contiguousValue, materialise, type Value } from './value.ts';

export interface Indexing {
  /** Dimensions of the array that the indices point into. */
  axis: readonly number[];
  /** First dimension of the indices' shape in the result. */
  outDim: number;
}

export function gather(draft: Draft, array: Value, indices: readonly Value[], { axis, outDim }: Indexing): Value {
  if (axis.length === 1) return gatherAlong(draft, array, indices[0]!, axis[0]!, outDim);
  const rest = Array.from(array.layout.keys()).filter((dimension) => !axis.includes(dimension));
  const leading = { ...array, layout: [...axis, ...rest].map((dimension) => array.layout[dimension]!) };
  const { tuples, shape } = joinIndices(draft, indices);
  const from = materialise(draft, leading);
  const name = draft.node('GatherND', [from.name, tuples]);
  const gathered = contiguousValue({ name, shape: [...shape, ...from.shape.slice(axis.length)] }, array.type);
  return moveDimensions(gathered, shape.length, 0, outDim);
}

function gatherAlong(draft: Draft, array: Value, index: Value, axis: number, outDim: number): Value {
  const from = materialise(draft, array);
  const at = materialise(draft, index);
  const name = draft.node('Gather', [from.name, at.name], { axis });
  const shape = from.shape.toSpliced(axis, 1, ...at.shape);
  return moveDimensions(contiguousValue({ name, shape }, array.type), at.shape.length, axis, outDim);
}

/** Adds the updates to zeros of the given shape, or writes them over zeros (of several updates the last one stays). */
export function scatter(
  draft: Draft,
  updates: Value,
  indices: readonly Value[],
  { axis, outDim }: Indexing,
  shape: readonly number[],
  operation: 'add' | 'update',
): Value {
  const { tuples, shape: indexShape } = joinIndices(draft, indices);
  const leading = materialise(draft, moveDimensions(updates, indexShape.length, outDim, 0));
  const rest = Array.from(shape.keys()).filter((dimension) => !axis.includes(dimension));
  const order = [...axis, ...rest];
  const orderedShape = order.map((dimension) => shape[dimension]!);
  const target = draft.expand({ name: draft.literal(0, updates.type), shape: [] }, orderedShape);
  const name = draft.node(
    'ScatterND',
    [target.name, tuples, leading.name],
    operation === 'add' ? { reduction: 'add' } : {},
  );
  const written = contiguousValue({ name, shape: orderedShape }, updates.type);
  return { ...written, layout: shape.map((_, dimension) => written.layout[order.indexOf(dimension)]!) };
}

/** Joins the indices to tuples, int64 [… their common shape, count]. */
function joinIndices(draft: Draft, indices: readonly Value[]): { tuples: string; shape: readonly number[] } {
  const rank = Math.max(...indices.map(({ layout }) => layout.length));
  const shapes = indices.map(({ layout }) => shapeOf(padLayout(layout, rank)));
  const shape = Array.from({ length: rank }, (_, dimension) => Math.max(...shapes.map((own) => own[dimension]!)));
  const columns = indices.map((index, at) => {
    const padded = draft.reshape(materialise(draft, index), shapes[at]!);
    return draft.reshape(draft.expand(padded, shape), [...shape, 1]);
  });
  const joined =
    columns.length === 1
      ? columns[0]!.name
      : draft.node(
          'Concat',
          columns.map(({ name }) => name),
          { axis: -1 },
        );
  return { tuples: draft.cast(joined, 'int64'), shape };
}

/** Moves `count` adjacent dimensions. */
function moveDimensions(value: Value, count: number, from: number, to: number): Value {
  const layout = [...value.layout];
  const moved = layout.splice(from, count);
  layout.splice(to, 0, ...moved);
  return { ...value, layout };
}
