// Maps the dimensions of a jax-js array to strides in a tensor of the graph. Transposing, reshaping and repeating an
// array change its layout only, until an operator needs the elements in a certain order. Adds no nodes.

/** Part of a dimension. `stride`: elements of the tensor between two steps; 0 if the same element is repeated. */
export interface Axis {
  size: number;
  stride: number;
}

/**
 * Axes of each dimension, outermost first; none if the dimension's size is 1. The axes with a stride, sorted by stride,
 * span the whole tensor: a layout leaves nothing out.
 */
export type Layout = readonly (readonly Axis[])[];

export const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

export const sizesOf = (axes: readonly Axis[]): number[] => axes.map(({ size }) => size);

export const shapeOf = (layout: Layout): number[] => layout.map((axes) => product(sizesOf(axes)));

/** The axes with a stride, in memory order. */
export const sortStoredAxes = (axes: readonly Axis[]): Axis[] =>
  axes.filter(({ stride }) => stride > 0).sort((a, b) => b.stride - a.stride);

/** The layout of a row-major tensor. */
export function contiguousLayout(shape: readonly number[]): Layout {
  let stride = 1;
  return shape
    .toReversed()
    .map((size) => {
      const axes = size === 1 ? [] : [{ size, stride }];
      stride *= size;
      return axes;
    })
    .reverse();
}

/**
 * Repeats the array along new dimensions and along those of size 1. `added`: the new dimensions, as indices of `shape`.
 */
export function broadcastLayout(layout: Layout, shape: readonly number[], added: readonly number[]): Layout {
  const before = layout.values();
  return shape.map((size, dimension) => {
    const axes = added.includes(dimension) ? [] : before.next().value!;
    return axes.length === 0 ? repeatedAxis(size) : axes;
  });
}

/** The axes of a dimension along which one element is repeated. */
export const repeatedAxis = (size: number): Axis[] => (size === 1 ? [] : [{ size, stride: 0 }]);

/**
 * The layout of a row-major tensor whose dimensions are axes of `like`. `order`: their indices, counted over all
 * dimensions; the other axes are repeated.
 */
export function layOutAxes(like: Layout, order: readonly number[]): Layout {
  const sizes = sizesOf(like.flat());
  const tensor = contiguousLayout(order.map((axis) => sizes[axis]!));
  let axis = 0;
  return like.map((axes) =>
    axes.map(({ size }) => {
      const at = order.indexOf(axis++);
      return at < 0 ? { size, stride: 0 } : tensor[at]![0]!;
    }),
  );
}

/** Undefined if the array must be copied first. */
export function reshapeLayout(layout: Layout, shape: readonly number[]): Layout | undefined {
  const rest = mergeAxes(layout.flat());
  const reshaped: Axis[][] = [];
  for (let size of shape) {
    const axes: Axis[] = [];
    while (size > 1) {
      const axis = rest.shift()!;
      const outer = Math.min(axis.size, size);
      if (size % outer !== 0 || axis.size % outer !== 0) return undefined;
      const inner = axis.size / outer;
      axes.push({ size: outer, stride: axis.stride * inner });
      if (inner > 1) rest.unshift({ size: inner, stride: axis.stride });
      size /= outer;
    }
    reshaped.push(axes);
  }
  return reshaped;
}

/** Merges adjacent axes that are contiguous in the tensor. */
export function mergeAxes(axes: readonly Axis[]): Axis[] {
  const merged: Axis[] = [];
  for (const axis of axes) {
    const outer = merged.at(-1);
    if (outer !== undefined && outer.stride === axis.stride * axis.size)
      merged[merged.length - 1] = { size: outer.size * axis.size, stride: axis.stride };
    else merged.push(axis);
  }
  return merged;
}

/** Adds dimensions of size 1 in front, up to `rank`. */
export const padLayout = (layout: Layout, rank: number): Layout => [
  ...Array.from({ length: rank - layout.length }, () => []),
  ...layout,
];

/** Cuts all layouts into the same axes, repeated if a layout has size 1; undefined if no cut fits all. */
export function alignLayouts(layouts: readonly Layout[]): Layout[] | undefined {
  const shapes = layouts.map(shapeOf);
  const aligned: Axis[][][] = layouts.map(() => []);
  for (const dimension of shapes[0]!.keys()) {
    const size = Math.max(...shapes.map((shape) => shape[dimension]!));
    const axes = alignAxes(
      layouts.map((layout) => layout[dimension]!),
      size,
    );
    if (axes === undefined) return undefined;
    for (const [index, own] of axes.entries()) aligned[index]!.push(own);
  }
  return aligned;
}

/**
 * Cuts the axes of one dimension of several arrays so that axes of the same index have the same size; undefined if no
 * such cut exists.
 */
function alignAxes(dimension: readonly (readonly Axis[])[], size: number): Axis[][] | undefined {
  const rests = dimension.map((axes) => (axes.length === 0 ? repeatedAxis(size) : [...axes]));
  const aligned = dimension.map((): Axis[] => []);
  while (rests[0]!.length > 0) {
    const outer = Math.min(...rests.map((rest) => rest[0]!.size));
    for (const [index, rest] of rests.entries()) {
      const axis = rest.shift()!;
      if (axis.size % outer !== 0) return undefined;
      const inner = axis.size / outer;
      aligned[index]!.push({ size: outer, stride: axis.stride * inner });
      if (inner > 1) rest.unshift({ size: inner, stride: axis.stride });
    }
  }
  return aligned;
}
