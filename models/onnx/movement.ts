// Operators that copy: joining, cutting, padding, flipping and sorting arrays.

import { type Draft, dependsOnBatch } from './draft.ts';
import { shapeOf } from './layout.ts';
import { contiguousValue, materialise, type Value } from './value.ts';

export type Pair = readonly [number, number];

export function concatenate(draft: Draft, values: readonly Value[], axis: number): Value {
  const parts = values.map((value) => materialise(draft, value));
  const shape = [...parts[0]!.shape];
  shape[axis] = parts.reduce((sum, part) => sum + part.shape[axis]!, 0);
  const name = draft.node(
    'Concat',
    parts.map((part) => part.name),
    { axis },
  );
  return contiguousValue({ name, shape }, values[0]!.type);
}

export function split(draft: Draft, value: Value, axis: number, sizes: readonly number[]): Value[] {
  const { name, shape } = materialise(draft, value);
  const names = draft.nodes('Split', [name, draft.ints(sizes)], sizes.length, { axis });
  return names.map((part, at) => contiguousValue({ name: part, shape: shape.with(axis, sizes[at]!) }, value.type));
}

/** `ranges`: start and end (exclusive) by dimension. */
export function shrink(draft: Draft, value: Value, ranges: readonly Pair[]): Value {
  const shape = shapeOf(value.layout);
  const cut = Array.from(ranges.keys()).filter((dimension) => {
    const [from, to] = ranges[dimension]!;
    return from > 0 || to < shape[dimension]!;
  });
  if (cut.some((dimension) => dependsOnBatch(shape[dimension]!))) throw new Error('the batch cannot be cut');
  const starts = cut.map((dimension) => ranges[dimension]![0]);
  const ends = cut.map((dimension) => ranges[dimension]![1]);
  const name = draft.node('Slice', [
    materialise(draft, value).name,
    draft.ints(starts),
    draft.ints(ends),
    draft.ints(cut),
  ]);
  const left = shape.map((_, dimension) => ranges[dimension]![1] - ranges[dimension]![0]);
  return contiguousValue({ name, shape: left }, value.type);
}

/** `widths`: zeros before and after, by dimension. */
export function pad(draft: Draft, value: Value, widths: readonly Pair[]): Value {
  const { name, shape } = materialise(draft, value);
  const pads = draft.ints([...widths.map(([before]) => before), ...widths.map(([, after]) => after)]);
  const padded = draft.node('Pad', [name, pads, draft.literal(0, value.type)]);
  return contiguousValue(
    { name: padded, shape: shape.map((size, dimension) => size + widths[dimension]![0] + widths[dimension]![1]) },
    value.type,
  );
}

export function flip(draft: Draft, value: Value, axes: readonly number[]): Value {
  const { name, shape } = materialise(draft, value);
  const all = (bound: number) => draft.ints(axes.map(() => bound));
  // ONNX writes "to the very start" of a backward slice as an end before the first element.
  const turned = draft.node('Slice', [name, all(-1), all(-(2 ** 31)), draft.ints(axes), all(-1)]);
  return contiguousValue({ name: turned, shape }, value.type);
}

/** Stable, ascending, along the last dimension: → values, and their former indices as int32. */
export function sort(draft: Draft, value: Value): [Value, Value] {
  const { name, shape } = materialise(draft, value);
  const length = draft.sizes(shape.slice(-1));
  const [values, indices] = draft.nodes('TopK', [name, length], 2, { axis: -1, largest: 0, sorted: 1 });
  return [
    contiguousValue({ name: values!, shape }, value.type),
    contiguousValue({ name: draft.cast(indices!, 'int32'), shape }, 'int32'),
  ];
}
