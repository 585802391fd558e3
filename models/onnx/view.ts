// How an array of jax-js lies in a tensor of the graph: transposing, reshaping and repeating an array changes its view only,
// until an operator needs the elements in a certain order.

/** A part of a dimension. `stride`: elements of the tensor from one step to the next; 0 where all steps see the same. */
export interface Axis {
  size: number;
  stride: number;
}

/**
 * The axes of each dimension, outermost first; none where the dimension's size is 1. Those with a stride, in the order of
 * their strides, are all of the tensor: a view leaves nothing out.
 */
export type View = readonly (readonly Axis[])[];

export const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

export const sizesOf = (axes: readonly Axis[]): number[] => axes.map(({ size }) => size);

export const shapeOf = (view: View): number[] => view.map((axes) => product(sizesOf(axes)));

/** The axes that lie in the tensor, in its order. */
export const inMemory = (axes: readonly Axis[]): Axis[] =>
  axes.filter(({ stride }) => stride > 0).sort((a, b) => b.stride - a.stride);

/** A tensor as it is. */
export function plainView(shape: readonly number[]): View {
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

/** Repeats the array along new dimensions, and along those whose size was 1. `added`: their places in `shape`. */
export function broadcastView(view: View, shape: readonly number[], added: readonly number[]): View {
  const before = view.values();
  return shape.map((size, dimension) => {
    const axes = added.includes(dimension) ? [] : before.next().value!;
    return axes.length === 0 ? repeated(size) : axes;
  });
}

/** A dimension that sees the same element everywhere. */
export const repeated = (size: number): Axis[] => (size === 1 ? [] : [{ size, stride: 0 }]);

/**
 * The view of a tensor whose dimensions are axes of `like`: those at the places in `order`, counted over all dimensions.
 * The other axes are repeated.
 */
export function viewInOrder(like: View, order: readonly number[]): View {
  const sizes = sizesOf(like.flat());
  const tensor = plainView(order.map((place) => sizes[place]!));
  let place = 0;
  return like.map((axes) =>
    axes.map(({ size }) => {
      const at = order.indexOf(place++);
      return at < 0 ? { size, stride: 0 } : tensor[at]![0]!;
    }),
  );
}

/** Undefined where the array must be copied first. */
export function reshapeView(view: View, shape: readonly number[]): View | undefined {
  const rest = mergeAxes(view.flat());
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

/** Neighbours that are one axis in the tensor become one. */
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

/**
 * Cuts the axes of several arrays along the same dimension at the same places. Axes of the same place have the same size
 * afterwards; undefined where there is no such cut.
 */
export function alignAxes(dimension: readonly (readonly Axis[])[], size: number): Axis[][] | undefined {
  const rests = dimension.map((axes) => (axes.length === 0 ? repeated(size) : [...axes]));
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
