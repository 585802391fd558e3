// Arrays that a traced function creates, such as masks. A dimension along which nothing changes is stored once and
// repeated; only so can an array whose shape depends on the batch be stored at all.

import { type Draft, dependsOnBatch, type Stored } from './draft.ts';
import { type Axis, contiguousLayout, product, repeatedAxis, sizesOf } from './layout.ts';
import type { Constant, DataType } from './trace.ts';
import { contiguousValue, type Value } from './value.ts';

export function addConstant(draft: Draft, { data, shape, type }: Constant): Value {
  const strides = contiguousLayout(shape).map((axes) => axes[0]?.stride ?? 0);
  const changing = Array.from(shape.keys()).filter((dimension) =>
    isChanging(data, shape[dimension]!, strides[dimension]!),
  );
  const kept = changing.map((dimension) => shape[dimension]!);
  const layout = contiguousLayout(kept);
  const thinned = () =>
    dropRepeats(
      data,
      layout.flat(),
      changing.map((dimension) => strides[dimension]!),
    );
  const stored = kept.some(dependsOnBatch)
    ? writeBatchIndex(draft, data, kept, type)
    : writeElements(draft, thinned(), kept, type);
  const own = layout.values();
  return {
    ...contiguousValue(stored, type),
    layout: shape.map((size, dimension) => (changing.includes(dimension) ? own.next().value! : repeatedAxis(size))),
  };
}

/** Elements along the axes, at index 0 of all other dimensions. `strides`: of the axes in `data`. */
function dropRepeats(data: Constant['data'], axes: readonly Axis[], strides: readonly number[]): Constant['data'] {
  const size = product(sizesOf(axes));
  if (size === data.length) return data;
  return data.slice(0, size).map((_, element) => {
    const steps = axes.map((axis) => Math.floor(element / axis.stride) % axis.size);
    return data[steps.reduce((sum, step, at) => sum + step * strides[at]!, 0)]!;
  });
}

function writeElements(draft: Draft, data: Constant['data'], shape: readonly number[], type: DataType): Stored {
  const name = draft.constant(data instanceof Float32Array ? data : Int32Array.from(data), shape);
  return { name: type === 'bool' ? draft.cast(name, 'bool') : name, shape };
}

/** 0, 1, 2, … up to the batch's size: jax-js creates this array to index the batch. */
function writeBatchIndex(draft: Draft, data: Constant['data'], shape: readonly number[], type: DataType): Stored {
  if (shape.length > 1 || data.some((element, at) => element !== Math.floor(at / (data.length / shape[0]!))))
    throw new Error('an array that differs along the batch cannot be lowered: the size of the batch is not known yet');
  const [start, delta] = [0, 1].map((bound) => draft.constant(BigInt64Array.of(BigInt(bound)), []));
  const end = draft.reshape({ name: draft.sizes(shape), shape: [1] }, []).name;
  return { name: draft.cast(draft.node('Range', [start!, end, delta!]), type), shape };
}

/** True if elements differ along the dimension. */
function isChanging(data: Constant['data'], size: number, stride: number): boolean {
  if (size === 1) return false;
  const block = size * stride;
  return data.some((element, at) => at % block >= stride && element !== data[at - stride]);
}
