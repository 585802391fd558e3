// Operators that work element by element. Their result lies in memory as the largest operand does, and what is repeated in
// all operands stays so in the result.

import { type Draft, isEqual, type Stored } from './draft.ts';
import { present, spread, storedSize, type Value } from './value.ts';
import { type Axis, alignAxes, shapeOf, type View, viewInOrder } from './view.ts';

/** `write` gets tensors that ONNX can broadcast against each other. */
export function mapElements(
  draft: Draft,
  values: readonly Value[],
  type: Value['type'],
  write: (names: string[]) => string,
): Value {
  const alike = mapAlike(values, type, write);
  if (alike !== undefined) return alike;
  const rank = Math.max(...values.map(({ view }) => view.length));
  const views = alignViews(values.map(({ view }) => padView(view, rank)));
  if (views === undefined)
    return mapElements(
      draft,
      values.map((value) => spread(draft, value)),
      type,
      write,
    );

  const axes = views.map((view) => view.flat());
  const places = Array.from(axes[0]!.keys()).filter((place) => axes.some((own) => own[place]!.stride > 0));
  const order = followLargest(values, axes, places);
  const tensors = values.map((value, index) => {
    const presented = present(
      draft,
      value,
      order.map((place) => axes[index]![place]!),
    );
    return dropOuterOnes(draft, presented);
  });
  const shape = order.map((place) => axes[0]![place]!.size);
  const stored: Stored = { name: write(tensors.map(({ name }) => name)), shape };

  return { stored, view: viewInOrder(views[0]!, order), type };
}

/** Operands that lie in memory alike, scalars aside, are taken as they are. */
function mapAlike(
  values: readonly Value[],
  type: Value['type'],
  write: (names: string[]) => string,
): Value | undefined {
  const arrays = values.filter(({ stored }) => stored.shape.length > 0);
  const [first] = arrays.length > 0 ? arrays : values;
  const isLike = ({ stored, view }: Value) =>
    isEqual(stored.shape, first!.stored.shape) && JSON.stringify(view) === JSON.stringify(first!.view);
  if (!arrays.every(isLike) || !values.every(({ view }) => isWithin(shapeOf(view), shapeOf(first!.view))))
    return undefined;
  return {
    stored: { name: write(values.map(({ stored }) => stored.name)), shape: first!.stored.shape },
    view: first!.view,
    type,
  };
}

/** Whether broadcasting against the second shape gives that shape. */
const isWithin = (shape: readonly number[], whole: readonly number[]): boolean =>
  shape.length <= whole.length &&
  shape.every((size, at) => size === 1 || size === whole[whole.length - shape.length + at]);

/** With dimensions of size 1 in front, up to `rank`. */
export const padView = (view: View, rank: number): View => [
  ...Array.from({ length: rank - view.length }, () => []),
  ...view,
];

/** The same axes for all views, repeated where a view has size 1; undefined where no cut fits all. */
export function alignViews(views: readonly View[]): View[] | undefined {
  const shapes = views.map(shapeOf);
  const aligned: Axis[][][] = views.map(() => []);
  for (const dimension of shapes[0]!.keys()) {
    const size = Math.max(...shapes.map((shape) => shape[dimension]!));
    const axes = alignAxes(
      views.map((view) => view[dimension]!),
      size,
    );
    if (axes === undefined) return undefined;
    for (const [index, own] of axes.entries()) aligned[index]!.push(own);
  }
  return aligned;
}

/** The places in an order in which the largest operand needs no transposing. */
function followLargest(values: readonly Value[], axes: readonly Axis[][], places: readonly number[]): number[] {
  const sizes = values.map(storedSize);
  const largest = axes[sizes.indexOf(Math.max(...sizes))]!;
  const own = places
    .filter((place) => largest[place]!.stride > 0)
    .sort((a, b) => largest[b]!.stride - largest[a]!.stride)
    .values();
  return places.map((place) => (largest[place]!.stride > 0 ? own.next().value! : place));
}

/** ONNX puts them there by itself. */
function dropOuterOnes(draft: Draft, stored: Stored): Stored {
  const first = stored.shape.findIndex((size) => size > 1);
  return first === 0 ? stored : draft.reshape(stored, first < 0 ? [] : stored.shape.slice(first));
}
