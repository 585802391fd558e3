// Elementwise operators. The result takes the memory order of the largest operand; an axis that all operands repeat
// stays repeated in the result.

import { type Draft, isEqual, type Stored } from './draft.ts';
import { type Axis, alignLayouts, layOutAxes, padLayout, shapeOf } from './layout.ts';
import { makeContiguous, orderAxes, storedSize, type Value } from './value.ts';

/** `write` adds the operator's node, given tensors that ONNX can broadcast against each other; → the node's name. */
export function mapElements(
  draft: Draft,
  values: readonly Value[],
  type: Value['type'],
  write: (names: string[]) => string,
): Value {
  const alike = mapEqualLayouts(values, type, write);
  if (alike !== undefined) return alike;
  const rank = Math.max(...values.map(({ layout }) => layout.length));
  const layouts = alignLayouts(values.map(({ layout }) => padLayout(layout, rank)));
  if (layouts === undefined)
    return mapElements(
      draft,
      values.map((value) => makeContiguous(draft, value)),
      type,
      write,
    );

  const axes = layouts.map((layout) => layout.flat());
  const indices = Array.from(axes[0]!.keys()).filter((axis) => axes.some((own) => own[axis]!.stride > 0));
  const order = followLargest(values, axes, indices);
  const tensors = values.map((value, index) => {
    const presented = orderAxes(
      draft,
      value,
      order.map((axis) => axes[index]![axis]!),
    );
    return dropOuterOnes(draft, presented);
  });
  const shape = order.map((axis) => axes[0]![axis]!.size);
  const stored: Stored = { name: write(tensors.map(({ name }) => name)), shape };

  return { stored, layout: layOutAxes(layouts[0]!, order), type };
}

/** Takes operands of equal layout as they are, scalars aside; undefined if layouts differ. */
function mapEqualLayouts(
  values: readonly Value[],
  type: Value['type'],
  write: (names: string[]) => string,
): Value | undefined {
  const arrays = values.filter(({ stored }) => stored.shape.length > 0);
  const [first] = arrays.length > 0 ? arrays : values;
  const isLike = ({ stored, layout }: Value) =>
    isEqual(stored.shape, first!.stored.shape) && JSON.stringify(layout) === JSON.stringify(first!.layout);
  if (!arrays.every(isLike) || !values.every(({ layout }) => broadcastsTo(shapeOf(layout), shapeOf(first!.layout))))
    return undefined;
  return {
    stored: { name: write(values.map(({ stored }) => stored.name)), shape: first!.stored.shape },
    layout: first!.layout,
    type,
  };
}

/** True if broadcasting against `whole` gives `whole`. */
const broadcastsTo = (shape: readonly number[], whole: readonly number[]): boolean =>
  shape.length <= whole.length &&
  shape.every((size, at) => size === 1 || size === whole[whole.length - shape.length + at]);

/** The axes in an order that spares the largest operand a transposition. */
function followLargest(values: readonly Value[], axes: readonly Axis[][], indices: readonly number[]): number[] {
  const sizes = values.map(storedSize);
  const largest = axes[sizes.indexOf(Math.max(...sizes))]!;
  const own = indices
    .filter((axis) => largest[axis]!.stride > 0)
    .sort((a, b) => largest[b]!.stride - largest[a]!.stride)
    .values();
  return indices.map((axis) => (largest[axis]!.stride > 0 ? own.next().value! : axis));
}

/** ONNX adds outer dimensions of size 1 by itself. */
function dropOuterOnes(draft: Draft, stored: Stored): Stored {
  const first = stored.shape.findIndex((size) => size > 1);
  return first === 0 ? stored : draft.reshape(stored, first < 0 ? [] : stored.shape.slice(first));
}
