// Sums, products and extremes over dimensions of a value, in the memory order of its tensor. A repeated axis needs no
// reduction, at most a factor or a power.

import { type Draft, dependsOnBatch } from './draft.ts';
import { mapElements } from './elementwise.ts';
import { type Axis, contiguousLayout, product, sizesOf } from './layout.ts';
import { literalValue, readStored, type Value } from './value.ts';

export type Reduction = 'Add' | 'Mul' | 'Min' | 'Max';

const OPERATORS = { Add: 'ReduceSum', Mul: 'ReduceProd', Min: 'ReduceMin', Max: 'ReduceMax' } as const;
/** Operators with n that replace a reduction of n equal elements. */
const REPEATED = { Add: 'Mul', Mul: 'Pow', Min: undefined, Max: undefined } as const;

export function reduceDimensions(
  draft: Draft,
  value: Value,
  reduction: Reduction,
  dimensions: readonly number[],
): Value {
  const dropped = dimensions.flatMap((dimension) => value.layout[dimension]!);
  const reduced = reduceAxes(draft, value, reduction, dropped);
  return { ...reduced, layout: reduced.layout.filter((_, dimension) => !dimensions.includes(dimension)) };
}

/** Reduces axes of the value's layout. Their dimensions stay, with the axes that are left. */
export function reduceAxes(draft: Draft, value: Value, reduction: Reduction, dropped: readonly Axis[]): Value {
  const repeated = dropped.filter(({ stride }) => stride === 0);
  return reduceRepeated(draft, reduceStored(draft, value, reduction, dropped), reduction, product(sizesOf(repeated)));
}

function reduceStored(draft: Draft, value: Value, reduction: Reduction, dropped: readonly Axis[]): Value {
  const without = value.layout.map((axes) => axes.filter((axis) => !dropped.includes(axis)));
  const { stored, axes } = readStored(draft, value);
  const indices = Array.from(axes.keys()).filter((axis) => dropped.includes(axes[axis]!));
  if (indices.length === 0) return { ...value, layout: without };
  if (value.type === 'bool') {
    const counted = { ...value, type: 'int32' as const, stored: { ...stored, name: draft.cast(stored.name, 'int32') } };
    const reduced = reduceStored(draft, counted, reduction, dropped);
    return { ...reduced, type: 'bool', stored: { ...reduced.stored, name: draft.cast(reduced.stored.name, 'bool') } };
  }
  const name = draft.node(OPERATORS[reduction], [stored.name, draft.ints(indices)], { keepdims: 1 });
  const shape = stored.shape.map((size, axis) => (indices.includes(axis) ? 1 : size));
  const left = contiguousLayout(shape);
  const move = (axis: Axis): Axis => (axis.stride === 0 ? axis : left[axes.indexOf(axis)]![0]!);
  return { ...value, stored: { name, shape }, layout: without.map((own) => own.map(move)) };
}

function reduceRepeated(draft: Draft, value: Value, reduction: Reduction, times: number): Value {
  const operator = REPEATED[reduction];
  if (times === 1 || operator === undefined || value.type === 'bool') return value;
  if (dependsOnBatch(times))
    throw new Error('a sum is multiplied by the size of the batch, which is not known before the model runs');
  const factor = literalValue(draft, times, value.type);
  return mapElements(draft, [value, factor], value.type, (names) => draft.node(operator, names));
}
