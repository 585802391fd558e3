// Sums, products and extremes over dimensions of a value, in the memory order of its tensor. Over what is only repeated they
// need no operator but at most a factor or a power.

import { type Draft, isOpen } from './draft.ts';
import { mapElements } from './elementwise.ts';
import { inOwnOrder, literalValue, type Value } from './value.ts';
import { type Axis, plainView, product, sizesOf } from './view.ts';

export type Reduction = 'Add' | 'Mul' | 'Min' | 'Max';

const OPERATORS = { Add: 'ReduceSum', Mul: 'ReduceProd', Min: 'ReduceMin', Max: 'ReduceMax' } as const;
/** What takes the place of reducing n equal elements. */
const REPEATED = { Add: 'Mul', Mul: 'Pow', Min: undefined, Max: undefined } as const;

export function reduceDimensions(
  draft: Draft,
  value: Value,
  reduction: Reduction,
  dimensions: readonly number[],
): Value {
  const dropped = dimensions.flatMap((dimension) => value.view[dimension]!);
  const reduced = reduceAxes(draft, value, reduction, dropped);
  return { ...reduced, view: reduced.view.filter((_, dimension) => !dimensions.includes(dimension)) };
}

/** Axes of the value's view; their dimensions stay, with what is left of them. */
export function reduceAxes(draft: Draft, value: Value, reduction: Reduction, dropped: readonly Axis[]): Value {
  const repeated = dropped.filter(({ stride }) => stride === 0);
  return repeat(draft, reduceStored(draft, value, reduction, dropped), reduction, product(sizesOf(repeated)));
}

function reduceStored(draft: Draft, value: Value, reduction: Reduction, dropped: readonly Axis[]): Value {
  const without = value.view.map((axes) => axes.filter((axis) => !dropped.includes(axis)));
  const { stored, axes } = inOwnOrder(draft, value);
  const places = Array.from(axes.keys()).filter((place) => dropped.includes(axes[place]!));
  if (places.length === 0) return { ...value, view: without };
  if (value.type === 'bool') {
    const counted = { ...value, type: 'int32' as const, stored: { ...stored, name: draft.cast(stored.name, 'int32') } };
    const reduced = reduceStored(draft, counted, reduction, dropped);
    return { ...reduced, type: 'bool', stored: { ...reduced.stored, name: draft.cast(reduced.stored.name, 'bool') } };
  }
  const name = draft.node(OPERATORS[reduction], [stored.name, draft.ints(places)], { keepdims: 1 });
  const shape = stored.shape.map((size, place) => (places.includes(place) ? 1 : size));
  const left = plainView(shape);
  const move = (axis: Axis): Axis => (axis.stride === 0 ? axis : left[axes.indexOf(axis)]![0]!);
  return { ...value, stored: { name, shape }, view: without.map((own) => own.map(move)) };
}

function repeat(draft: Draft, value: Value, reduction: Reduction, times: number): Value {
  const operator = REPEATED[reduction];
  if (times === 1 || operator === undefined || value.type === 'bool') return value;
  if (isOpen(times)) throw new Error('a sum counts the batch, whose size is not known before the model runs');
  const factor = literalValue(draft, times, value.type);
  return mapElements(draft, [value, factor], value.type, (names) => draft.node(operator, names));
}
