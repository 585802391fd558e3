// Σ over the last dimension of x · y, with broadcasting: the only product of jax-js, in gradients too. Each axis
// belongs to both operands (batch), belongs to one of them (rows, columns) or is summed; so the product is one Gemm, or
// one MatMul of stacked matrices. Gemm reads transposed matrices, which saves a Transpose.

import type { Draft, Stored } from './draft.ts';
import { mapElements } from './elementwise.ts';
import { type Axis, alignLayouts, layOutAxes, padLayout, product } from './layout.ts';
import { reduceAxes, reduceDimensions } from './reduce.ts';
import { makeContiguous, orderAxes, storedSize, type Value } from './value.ts';

export function multiplyValues(draft: Draft, x: Value, y: Value): Value {
  const rank = Math.max(x.layout.length, y.layout.length);
  const layouts = alignLayouts([padLayout(x.layout, rank), padLayout(y.layout, rank)]);
  if (layouts === undefined) return multiplyValues(draft, makeContiguous(draft, x), makeContiguous(draft, y));
  return multiplyAligned(draft, ...sumRepeated(draft, { ...x, layout: layouts[0]! }, { ...y, layout: layouts[1]! }));
}

/** Sums an axis of one operand beforehand if the other operand repeats it. */
function sumRepeated(draft: Draft, x: Value, y: Value): [Value, Value] {
  const [ofX, ofY] = [x.layout.at(-1)!, y.layout.at(-1)!];
  const indices = Array.from(ofX.keys());
  const notInY = indices.filter((axis) => ofY[axis]!.stride === 0);
  const onlyInY = indices.filter((axis) => ofX[axis]!.stride === 0 && ofY[axis]!.stride > 0);
  const pick = (axes: readonly Axis[], own: readonly number[]) => own.map((axis) => axes[axis]!);
  const forget = (value: Value, axes: readonly Axis[]) => ({
    ...value,
    layout: value.layout.map((own) => own.filter((axis) => !axes.includes(axis))),
  });
  return [
    reduceAxes(draft, forget(x, pick(ofX, onlyInY)), 'Add', pick(ofX, notInY)),
    reduceAxes(draft, forget(y, pick(ofY, notInY)), 'Add', pick(ofY, onlyInY)),
  ];
}

/** A value and its axes; both operands have the same axis at the same index. */
interface Operand {
  value: Value;
  axes: readonly Axis[];
}

interface AxisIndices {
  batch: number[];
  rows: number[];
  columns: number[];
  summed: number[];
}

function multiplyAligned(draft: Draft, x: Value, y: Value): Value {
  const [left, right] = [x, y].map((value): Operand => ({ value, axes: value.layout.flat() })) as [Operand, Operand];
  const indices = Array.from(left.axes.keys());
  const outer = indices.slice(0, left.axes.length - x.layout.at(-1)!.length);
  const isIn = ({ axes }: Operand, axis: number) => axes[axis]!.stride > 0;
  const sorted: AxisIndices = {
    batch: outer.filter((axis) => isIn(left, axis) && isIn(right, axis)),
    rows: outer.filter((axis) => isIn(left, axis) && !isIn(right, axis)),
    columns: outer.filter((axis) => !isIn(left, axis) && isIn(right, axis)),
    summed: indices.slice(outer.length),
  };
  const { rows, columns, summed } = sorted;
  if (summed.length === 0 || (rows.length === 0 && columns.length === 0)) {
    const type = x.type;
    const elements = mapElements(draft, [x, y], type, (names) => draft.node('Mul', names));
    return reduceDimensions(draft, elements, 'Add', [x.layout.length - 1]);
  }
  // The operands change sides if that gives the result in the order of its dimensions.
  const isTurned = rows.length > 0 && columns.length > 0 && columns[0]! < rows[0]!;
  const { stored, order } = isTurned
    ? multiplyMatrices(draft, right, left, { ...sorted, rows: columns, columns: rows })
    : multiplyMatrices(draft, left, right, sorted);

  return { stored, layout: layOutAxes(x.layout.slice(0, -1), order), type: x.type };
}

/** → the product, and the indices of its axes, outermost first. */
function multiplyMatrices(
  draft: Draft,
  left: Operand,
  right: Operand,
  indices: AxisIndices,
): { stored: Stored; order: number[] } {
  const by = (operand: Operand) => (a: number, b: number) => operand.axes[b]!.stride - operand.axes[a]!.stride;
  const larger = storedSize(left.value) >= storedSize(right.value) ? left : right;
  const batch = indices.batch.toSorted(by(larger));
  const rows = indices.rows.toSorted(by(left));
  const columns = indices.columns.toSorted(by(right));
  const summed = indices.summed.toSorted(by(larger));
  const count = (own: readonly number[]) => product(own.map((axis) => left.axes[axis]!.size));
  const read = (operand: Operand, ...groups: number[][]): string => {
    const axes = groups.flat().map((axis) => operand.axes[axis]!);
    return draft.reshape(orderAxes(draft, operand.value, axes), groups.map(count)).name;
  };

  const order = [...batch, ...rows, ...columns];
  if (batch.length > 0 || left.value.type !== 'float32') {
    const groups = batch.length > 0 ? [batch] : [];
    const name = draft.node('MatMul', [read(left, ...groups, rows, summed), read(right, ...groups, summed, columns)]);
    return { stored: { name, shape: [...groups, rows, columns].map(count) }, order };
  }
  // The innermost axis in memory stays innermost: if a copy is needed, other products can use it too.
  const isInnermost = ({ axes }: Operand, own: readonly number[]) => {
    const strides = axes.map(({ stride }) => stride).filter((stride) => stride > 0);
    return own.some((axis) => axes[axis]!.stride === Math.min(...strides));
  };
  const transA = isInnermost(left, rows);
  const transB = !isInnermost(right, columns);
  const name = draft.node(
    'Gemm',
    [
      transA ? read(left, summed, rows) : read(left, rows, summed),
      transB ? read(right, columns, summed) : read(right, summed, columns),
    ],
    { transA: Number(transA), transB: Number(transB) },
  );
  return { stored: { name, shape: [rows, columns].map(count) }, order };
}
