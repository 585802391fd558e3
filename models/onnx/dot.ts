// Σ over the last dimension of x · y, with broadcasting: the only product of jax-js, and what its gradients use too. Each
// axis of the operands belongs to both (batch), to one of them, or is summed; so the product is one Gemm, or one MatMul of
// stacked matrices. Gemm reads a matrix either way round, so that it needs no Transpose.

import type { Draft, Stored } from './draft.ts';
import { alignViews, mapElements, padView } from './elementwise.ts';
import { reduceAxes, reduceDimensions } from './reduce.ts';
import { present, spread, storedSize, type Value } from './value.ts';
import { type Axis, product, viewInOrder } from './view.ts';

export function multiply(draft: Draft, x: Value, y: Value): Value {
  const rank = Math.max(x.view.length, y.view.length);
  const views = alignViews([padView(x.view, rank), padView(y.view, rank)]);
  if (views === undefined) return multiply(draft, spread(draft, x), spread(draft, y));
  return multiplyAligned(draft, ...sumRepeated(draft, { ...x, view: views[0]! }, { ...y, view: views[1]! }));
}

/** What is to be summed, but is repeated in an operand, is summed in the other beforehand. */
function sumRepeated(draft: Draft, x: Value, y: Value): [Value, Value] {
  const [ofX, ofY] = [x.view.at(-1)!, y.view.at(-1)!];
  const places = Array.from(ofX.keys());
  const notInY = places.filter((place) => ofY[place]!.stride === 0);
  const onlyInY = places.filter((place) => ofX[place]!.stride === 0 && ofY[place]!.stride > 0);
  const pick = (axes: readonly Axis[], own: readonly number[]) => own.map((place) => axes[place]!);
  const forget = (value: Value, axes: readonly Axis[]) => ({
    ...value,
    view: value.view.map((own) => own.filter((axis) => !axes.includes(axis))),
  });
  return [
    reduceAxes(draft, forget(x, pick(ofX, onlyInY)), 'Add', pick(ofX, notInY)),
    reduceAxes(draft, forget(y, pick(ofY, notInY)), 'Add', pick(ofY, onlyInY)),
  ];
}

/** A value with its axes by place: the same place in both operands is the same axis. */
interface Operand {
  value: Value;
  axes: readonly Axis[];
}

interface Places {
  batch: number[];
  rows: number[];
  columns: number[];
  summed: number[];
}

function multiplyAligned(draft: Draft, x: Value, y: Value): Value {
  const [left, right] = [x, y].map((value): Operand => ({ value, axes: value.view.flat() })) as [Operand, Operand];
  const places = Array.from(left.axes.keys());
  const outer = places.slice(0, left.axes.length - x.view.at(-1)!.length);
  const isIn = ({ axes }: Operand, place: number) => axes[place]!.stride > 0;
  const sorted: Places = {
    batch: outer.filter((place) => isIn(left, place) && isIn(right, place)),
    rows: outer.filter((place) => isIn(left, place) && !isIn(right, place)),
    columns: outer.filter((place) => !isIn(left, place) && isIn(right, place)),
    summed: places.slice(outer.length),
  };
  const { rows, columns, summed } = sorted;
  if (summed.length === 0 || (rows.length === 0 && columns.length === 0)) {
    const type = x.type;
    const elements = mapElements(draft, [x, y], type, (names) => draft.node('Mul', names));
    return reduceDimensions(draft, elements, 'Add', [x.view.length - 1]);
  }
  // The operands change sides where that gives the result in the order of its own dimensions.
  const isTurned = rows.length > 0 && columns.length > 0 && columns[0]! < rows[0]!;
  const { stored, order } = isTurned
    ? multiplyMatrices(draft, right, left, { ...sorted, rows: columns, columns: rows })
    : multiplyMatrices(draft, left, right, sorted);

  return { stored, view: viewInOrder(x.view.slice(0, -1), order), type: x.type };
}

/** → the product and the places of its axes, outermost first. */
function multiplyMatrices(
  draft: Draft,
  left: Operand,
  right: Operand,
  places: Places,
): { stored: Stored; order: number[] } {
  const by = (operand: Operand) => (a: number, b: number) => operand.axes[b]!.stride - operand.axes[a]!.stride;
  const larger = storedSize(left.value) >= storedSize(right.value) ? left : right;
  const batch = places.batch.toSorted(by(larger));
  const rows = places.rows.toSorted(by(left));
  const columns = places.columns.toSorted(by(right));
  const summed = places.summed.toSorted(by(larger));
  const count = (own: readonly number[]) => product(own.map((place) => left.axes[place]!.size));
  const read = (operand: Operand, ...groups: number[][]): string => {
    const axes = groups.flat().map((place) => operand.axes[place]!);
    return draft.reshape(present(draft, operand.value, axes), groups.map(count)).name;
  };

  const order = [...batch, ...rows, ...columns];
  if (batch.length > 0 || left.value.type !== 'float32') {
    const groups = batch.length > 0 ? [batch] : [];
    const name = draft.node('MatMul', [read(left, ...groups, rows, summed), read(right, ...groups, summed, columns)]);
    return { stored: { name, shape: [...groups, rows, columns].map(count) }, order };
  }
  // The innermost axis in memory stays innermost: a copy, where one is needed, serves other products too.
  const isInnermost = ({ axes }: Operand, own: readonly number[]) => {
    const strides = axes.map(({ stride }) => stride).filter((stride) => stride > 0);
    return own.some((place) => axes[place]!.stride === Math.min(...strides));
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
