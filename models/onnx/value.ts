// A value of the trace, seen as a view of a tensor; and the ways to bring its elements into the order that an operator needs.

import type { Draft, Stored } from './draft.ts';
import type { DataType } from './trace.ts';
import {
  type Axis,
  inMemory,
  mergeAxes,
  plainView,
  product,
  reshapeView,
  shapeOf,
  sizesOf,
  type View,
} from './view.ts';

export interface Value {
  stored: Stored;
  view: View;
  type: DataType;
}

export const plainValue = (stored: Stored, type: DataType): Value => ({ stored, type, view: plainView(stored.shape) });

/** A scalar. */
export const literalValue = (draft: Draft, value: number, type: DataType): Value =>
  plainValue({ name: draft.literal(value, type), shape: [] }, type);

/**
 * A tensor with the axes in this order, of size 1 where a value is repeated. `axes`: all of the value's, maybe with
 * others that are repeated.
 */
export function present(draft: Draft, { stored }: Value, axes: readonly Axis[]): Stored {
  const wanted = mergeAxes(axes.filter(({ stride }) => stride > 0));
  const memory = inMemory(wanted);
  const order = wanted.map((axis) => memory.indexOf(axis));
  const moved = order.every((from, to) => from === to)
    ? stored
    : draft.transpose(draft.reshape(stored, sizesOf(memory)), order);
  return draft.reshape(
    moved,
    axes.map(({ size, stride }) => (stride > 0 ? size : 1)),
  );
}

/** The value as a tensor of its own shape, every element in place. */
export function materialise(draft: Draft, value: Value): Stored {
  const axes = value.view.flat();
  const shape = shapeOf(value.view);
  const repeats = axes.some(({ stride }) => stride === 0);
  if (!repeats && axes.length === 0) return draft.reshape(value.stored, shape);
  const presented = present(draft, value, axes);
  return draft.reshape(repeats ? draft.expand(presented, sizesOf(axes)) : presented, shape);
}

/** The value with a tensor of its own, in which nothing is repeated or transposed. */
export const spread = (draft: Draft, value: Value): Value => plainValue(materialise(draft, value), value.type);

/** The elements that the value has in its tensor. */
export const storedSize = ({ stored }: Value): number => product(stored.shape);

export function reshapeValue(draft: Draft, value: Value, shape: readonly number[]): Value {
  const view = reshapeView(value.view, shape);
  if (view !== undefined) return { ...value, view };
  return plainValue(draft.reshape(materialise(draft, value), shape), value.type);
}

/** The value in its own order, without repetitions: → the tensor, and where each stored axis is in it. */
export function inOwnOrder(draft: Draft, value: Value, axes = value.view.flat()): { stored: Stored; axes: Axis[] } {
  const own = inMemory(axes);
  return { stored: present(draft, value, own), axes: own };
}
