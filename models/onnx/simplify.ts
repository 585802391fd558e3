// Restores operators that jax-js decomposes: it writes x − y as x + (−y), x / y as x · (1 / y), a product with a bias
// as two operators, and softmax as five. Also replaces x − x and 0 · x by 0, for NaN and ∞ too: replaceGradient in
// gradients.ts depends on it.

import type { Draft } from './draft.ts';
import { mapElements } from './elementwise.ts';
import { broadcastLayout, type Layout, product, sortStoredAxes } from './layout.ts';
import type { Shaped } from './trace.ts';
import { literalValue, storedSize, type Value } from './value.ts';

/** Operands and output have the same numeric type. */
export function add(draft: Draft, x: Value, y: Value, output: Shaped): Value {
  if (isLiteral(draft, x, 0)) return broadcastTo(y, output);
  if (isLiteral(draft, y, 0)) return broadcastTo(x, output);
  const [from, taken] = undo(draft, x, 'Neg') === undefined ? [x, undo(draft, y, 'Neg')] : [y, undo(draft, x, 'Neg')];
  if (taken === undefined)
    return addBias(draft, x, y, output) ?? addBias(draft, y, x, output) ?? write(draft, 'Add', [x, y], output);
  if (isSame(from, taken)) return broadcastTo(literalValue(draft, 0, output.type), output);
  return write(draft, 'Sub', [from, taken], output);
}

/** Adds a bias to a product of matrices in the product's own Gemm; undefined for other operands. */
function addBias(draft: Draft, matrix: Value, bias: Value, { type }: Shaped): Value | undefined {
  const { name, shape } = matrix.stored;
  const producer = draft.producer(name);
  if (producer?.operator !== 'Gemm' || producer.inputs.length > 2 || storedSize(bias) !== shape.at(-1))
    return undefined;
  return mapElements(draft, [matrix, bias], type, ([first, second]) =>
    // Otherwise the sum has another shape than the product.
    first === name
      ? draft.node('Gemm', [...producer.inputs, second!], producer.attributes)
      : draft.node('Add', [first!, second!]),
  );
}

export function multiplyElements(draft: Draft, x: Value, y: Value, output: Shaped): Value {
  for (const factor of [x, y]) if (isLiteral(draft, factor, 0)) return broadcastTo(factor, output);
  const softmax = undoSoftmax(draft, x, y) ?? undoSoftmax(draft, y, x);
  if (softmax !== undefined) return softmax;
  // Reciprocals of a repeated value are cheaper computed once.
  const size = product(output.shape);
  for (const [numerator, factor] of [
    [x, y],
    [y, x],
  ] as const) {
    const denominator = storedSize(factor) === size && size > 1 ? undo(draft, factor, 'Reciprocal') : undefined;
    if (denominator !== undefined) return write(draft, 'Div', [numerator, denominator], output);
  }
  return write(draft, 'Mul', [x, y], output);
}

/** The operand of the elementwise operator that computed the value; undefined if another operator did. */
function undo(draft: Draft, value: Value, operator: string): Value | undefined {
  const producer = draft.producer(value.stored.name);
  if (producer?.operator !== operator) return undefined;
  return { ...value, stored: { ...value.stored, name: producer.inputs[0]! } };
}

/** e · 1 / Σe as softmax, where e = exp(x − max x), over the last axis in memory. */
function undoSoftmax(draft: Draft, exponentials: Value, reciprocals: Value): Value | undefined {
  const sums = undo(draft, reciprocals, 'Reciprocal');
  const shifted = undo(draft, exponentials, 'Exp');
  if (sums === undefined || shifted === undefined) return undefined;
  const sum = draft.producer(sums.stored.name);
  const shift = draft.producer(shifted.stored.name);
  const { shape } = exponentials.stored;
  const last = draft.ints([shape.length - 1]);
  if (sum?.operator !== 'ReduceSum' || sum.inputs[0] !== exponentials.stored.name || sum.inputs[1] !== last)
    return undefined;
  if (!isSumOfRows(reciprocals.layout, exponentials.layout, shape.at(-1)!)) return undefined;
  const logits =
    shift?.operator === 'Sub' && isMaximum(draft, shift.inputs, last) ? shift.inputs[0]! : shifted.stored.name;
  return { ...exponentials, stored: { name: draft.node('Softmax', [logits], { axis: -1 }), shape } };
}

/**
 * True if each element of the array is paired with the sum of its own row. `length`: of a row of the array's tensor.
 */
function isSumOfRows(sums: Layout, array: Layout, length: number): boolean {
  const rows = array.map((axes) =>
    axes.filter(({ stride }) => stride >= length).map(({ size, stride }) => ({ size, stride: stride / length })),
  );
  return JSON.stringify(sums.map(sortStoredAxes)) === JSON.stringify(rows.map(sortStoredAxes));
}

function isMaximum(draft: Draft, [x, maximum]: readonly string[], axes: string): boolean {
  const producer = draft.producer(maximum!);
  return producer?.operator === 'ReduceMax' && producer.inputs[0] === x && producer.inputs[1] === axes;
}

const write = (draft: Draft, operator: string, values: Value[], { type }: Shaped): Value =>
  mapElements(draft, values, type, (names) => draft.node(operator, names));

const isLiteral = (draft: Draft, { stored, type }: Value, value: number): boolean =>
  stored.name === draft.literal(value, type);

/** Repeats the value up to the output's shape. */
function broadcastTo(value: Value, { shape }: Shaped): Value {
  const added = Array.from({ length: shape.length - value.layout.length }, (_, at) => at);
  return { ...value, layout: broadcastLayout(value.layout, shape, added) };
}

const isSame = (a: Value, b: Value): boolean =>
  a.stored.name === b.stored.name && JSON.stringify(a.layout) === JSON.stringify(b.layout);
