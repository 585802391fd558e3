// A value of the trace: a tensor and its layout. Adds the nodes that bring its elements into the order an operator
// needs.

import type { Draft, Stored } from './draft.ts';
import {
  type Axis,
  contiguousLayout,
  type Layout,
  mergeAxes,
  product,
  reshapeLayout,
  shapeOf,
  sizesOf,
  sortStoredAxes,
} from './layout.ts';
import type { DataType } from './trace.ts';

export interface Value {
  stored: Stored;
  layout: Layout;
  type: DataType;
}

export const contiguousValue = (stored: Stored, type: DataType): Value => ({
  stored,
  type,
  layout: contiguousLayout(stored.shape),
});

/** A scalar. */
export const literalValue = (draft: Draft, value: number, type: DataType): Value =>
  contiguousValue({ name: draft.literal(value, type), shape: [] }, type);

/**
 * The tensor with its axes in this order, with size 1 for repeated axes. `axes`: all axes of the value; more may be
 * among them if they are repeated.
 */
export function orderAxes(draft: Draft, { stored }: Value, axes: readonly Axis[]): Stored {
  const wanted = mergeAxes(axes.filter(({ stride }) => stride > 0));
  const memory = sortStoredAxes(wanted);
  const order = wanted.map((axis) => memory.indexOf(axis));
  const moved = order.every((from, to) => from === to)
    ? stored
    : draft.transpose(draft.reshape(stored, sizesOf(memory)), order);
  return draft.reshape(
    moved,
    axes.map(({ size, stride }) => (stride > 0 ? size : 1)),
  );
}

/** The value as a tensor of its own shape, in row-major order. */
export function materialise(draft: Draft, value: Value): Stored {
  const axes = value.layout.flat();
  const shape = shapeOf(value.layout);
  const repeats = axes.some(({ stride }) => stride === 0);
  if (!repeats && axes.length === 0) return draft.reshape(value.stored, shape);
  const presented = orderAxes(draft, value, axes);
  return draft.reshape(repeats ? draft.expand(presented, sizesOf(axes)) : presented, shape);
}

/** The value in a tensor where nothing is repeated or transposed. */
export const makeContiguous = (draft: Draft, value: Value): Value =>
  contiguousValue(materialise(draft, value), value.type);

/** Number of elements in the value's tensor. */
export const storedSize = ({ stored }: Value): number => product(stored.shape);

export function reshapeValue(draft: Draft, value: Value, shape: readonly number[]): Value {
  const layout = reshapeLayout(value.layout, shape);
  if (layout !== undefined) return { ...value, layout };
  return contiguousValue(draft.reshape(materialise(draft, value), shape), value.type);
}

/** The tensor in memory order, without repetitions, and its axes. */
export function readStored(draft: Draft, value: Value, axes = value.layout.flat()): { stored: Stored; axes: Axis[] } {
  const own = sortStoredAxes(axes);
  return { stored: orderAxes(draft, value, own), axes: own };
}
