// Arrays that a traced function made itself, such as masks. Along a dimension where nothing changes one step is stored; so
// those whose shape depends on the batch can be stored at all.

import { type Draft, isOpen, type Stored } from './draft.ts';
import type { Constant, DataType } from './trace.ts';
import { plainValue, type Value } from './value.ts';
import { type Axis, plainView, product, repeated, sizesOf } from './view.ts';

export function addConstant(draft: Draft, { data, shape, type }: Constant): Value {
  const strides = plainView(shape).map((axes) => axes[0]?.stride ?? 0);
  const changing = Array.from(shape.keys()).filter((dimension) =>
    isChanging(data, shape[dimension]!, strides[dimension]!),
  );
  const kept = changing.map((dimension) => shape[dimension]!);
  const view = plainView(kept);
  const thinned = () =>
    thin(
      data,
      view.flat(),
      changing.map((dimension) => strides[dimension]!),
    );
  const stored = kept.some(isOpen) ? countBatch(draft, data, kept, type) : writeElements(draft, thinned(), kept, type);
  const own = view.values();
  return {
    ...plainValue(stored, type),
    view: shape.map((size, dimension) => (changing.includes(dimension) ? own.next().value! : repeated(size))),
  };
}

/** The elements at the first step of all dimensions but those of the axes, whose strides in `data` are given. */
function thin(data: Constant['data'], axes: readonly Axis[], strides: readonly number[]): Constant['data'] {
  const size = product(sizesOf(axes));
  if (size === data.length) return data;
  return data.slice(0, size).map((_, place) => {
    const steps = axes.map((axis) => Math.floor(place / axis.stride) % axis.size);
    return data[steps.reduce((sum, step, at) => sum + step * strides[at]!, 0)]!;
  });
}

function writeElements(draft: Draft, data: Constant['data'], shape: readonly number[], type: DataType): Stored {
  const name = draft.constant(data instanceof Float32Array ? data : Int32Array.from(data), shape);
  return { name: type === 'bool' ? draft.cast(name, 'bool') : name, shape };
}

/** 0, 1, 2, … as many as the batch has: what jax-js makes to index it. */
function countBatch(draft: Draft, data: Constant['data'], shape: readonly number[], type: DataType): Stored {
  if (shape.length > 1 || data.some((element, at) => element !== Math.floor(at / (data.length / shape[0]!))))
    throw new Error('an array with elements for each member of the batch cannot be lowered: its size is not known yet');
  const [start, delta] = [0, 1].map((bound) => draft.constant(BigInt64Array.of(BigInt(bound)), []));
  const end = draft.reshape({ name: draft.sizes(shape), shape: [1] }, []).name;
  return { name: draft.cast(draft.node('Range', [start!, end, delta!]), type), shape };
}

/** Whether the elements differ from one step of a dimension to another. */
function isChanging(data: Constant['data'], size: number, stride: number): boolean {
  if (size === 1) return false;
  const block = size * stride;
  return data.some((element, place) => place % block >= stride && element !== data[place - stride]);
}
