// The table of lowering rules, one for each primitive of jax-js. A primitive without a rule cannot be lowered.

import { multiplyValues } from './dot.ts';
import type { Draft } from './draft.ts';
import { mapElements } from './elementwise.ts';
import { gather, type Indexing, scatter } from './indexing.ts';
import { broadcastLayout } from './layout.ts';
import { concatenate, flip, type Pair, pad, shrink, sort, split } from './movement.ts';
import { type Reduction, reduceDimensions } from './reduce.ts';
import { add, multiplyElements } from './simplify.ts';
import type { DataType, Shaped } from './trace.ts';
import { reshapeValue, type Value } from './value.ts';

/** `parameters`: of the primitive, by jax-js's names. `output`: its first output. */
export type Rule = (draft: Draft, inputs: Value[], parameters: never, output: Shaped) => Value | readonly Value[];

/** An operator whose operands and result have the same type. */
const elementwise =
  (operator: string, attributes = {}): Rule =>
  (draft, inputs, _, { type }) =>
    mapElements(draft, castAll(draft, inputs, type), type, (names) => draft.node(operator, names, attributes));

/** An operator for numbers and its counterpart for bool. */
const numeric =
  (operator: string, ofBool: string): Rule =>
  (draft, inputs, parameters, output) =>
    elementwise(output.type === 'bool' ? ofBool : operator)(draft, inputs, parameters, output);

const arithmetic =
  (write: typeof add, ofBool: string): Rule =>
  (draft, inputs, parameters, output) => {
    if (output.type === 'bool') return elementwise(ofBool)(draft, inputs, parameters, output);
    const [x, y] = castAll(draft, inputs, output.type);
    return write(draft, x!, y!, output);
  };

const castTo = (draft: Draft, value: Value, type: DataType): Value =>
  value.type === type
    ? value
    : { ...value, type, stored: { ...value.stored, name: draft.cast(value.stored.name, type) } };

/** jax-js promotes operands of different types implicitly; ONNX does not. */
const castAll = (draft: Draft, values: readonly Value[], type: DataType): Value[] =>
  values.map((value) => castTo(draft, value, type));

const PROMOTION: readonly DataType[] = ['bool', 'int32', 'float32'];
const promote = (values: readonly Value[]): DataType =>
  PROMOTION[Math.max(...values.map(({ type }) => PROMOTION.indexOf(type)))]!;

/** A quotient truncated towards 0. */
const truncateQuotient = (draft: Draft, values: Value[], type: DataType): Value =>
  mapElements(draft, values, type, (names) => {
    const quotient = draft.node('Div', names);
    if (type === 'int32') return quotient;
    const size = draft.node('Floor', [draft.node('Abs', [quotient])]);
    return draft.node('Mul', [draft.node('Sign', [quotient]), size]);
  });

const COMPARISONS = { less: 'Less', less_equal: 'LessOrEqual', equal: 'Equal', not_equal: 'Equal' } as const;

export const PRIMITIVES: Readonly<Record<string, Rule>> = {
  add: arithmetic(add, 'Or'),
  mul: arithmetic(multiplyElements, 'And'),
  min: numeric('Min', 'And'),
  max: numeric('Max', 'Or'),
  mod: elementwise('Mod', { fmod: 1 }),
  idiv: (draft, inputs, _, { type }) => truncateQuotient(draft, castAll(draft, inputs, type), type),
  neg: elementwise('Neg'),
  reciprocal: elementwise('Reciprocal'),
  floor: elementwise('Floor'),
  ceil: elementwise('Ceil'),
  exp: elementwise('Exp'),
  log: elementwise('Log'),
  sqrt: elementwise('Sqrt'),
  sin: elementwise('Sin'),
  cos: elementwise('Cos'),
  asin: elementwise('Asin'),
  atan: elementwise('Atan'),
  erf: elementwise('Erf'),
  erfc: (draft, inputs, _, { type }) =>
    mapElements(draft, inputs, type, ([x]) => draft.node('Sub', [draft.literal(1, type), draft.node('Erf', [x!])])),

  stop_gradient: (_, [x]) => x!,
  cast: (draft, [x], { dtype }: { dtype: DataType }) => castTo(draft, x!, dtype),

  compare: (draft, inputs, { op }: { op: keyof typeof COMPARISONS }) =>
    mapElements(draft, castAll(draft, inputs, promote(inputs)), 'bool', (names) => {
      const compared = draft.node(COMPARISONS[op], names);
      return op === 'not_equal' ? draft.node('Not', [compared]) : compared;
    }),
  where: (draft, [condition, x, y], _, { type }) =>
    mapElements(draft, [condition!, ...castAll(draft, [x!, y!], type)], type, (names) => draft.node('Where', names)),

  reduce: (draft, [x], { op, axis }: { op: Reduction; axis: number[] }) => reduceDimensions(draft, x!, op, axis),
  dot: (draft, inputs, _, { type }) => {
    const [x, y] = castAll(draft, inputs, type);
    return multiplyValues(draft, x!, y!);
  },

  transpose: (_, [x], { perm }: { perm: number[] }) => ({ ...x!, layout: perm.map((from) => x!.layout[from]!) }),
  broadcast: (_, [x], { shape, axis }: { shape: number[]; axis: number[] }) => ({
    ...x!,
    layout: broadcastLayout(x!.layout, shape, axis),
  }),
  reshape: (draft, [x], { shape }: { shape: number[] }) => reshapeValue(draft, x!, shape),

  concatenate: (draft, inputs, { axis }: { axis: number }, { type }) =>
    concatenate(draft, castAll(draft, inputs, type), axis),
  split: (draft, [x], { axis, sizes }: { axis: number; sizes: number[] }) => split(draft, x!, axis, sizes),
  shrink: (draft, [x], { slice }: { slice: Pair[] }) => shrink(draft, x!, slice),
  pad: (draft, [x], { width }: { width: Pair[] }) => pad(draft, x!, width),
  flip: (draft, [x], { axis }: { axis: number[] }) => flip(draft, x!, axis),
  sort: (draft, [x]) => sort(draft, x!)[0],
  argsort: (draft, [x]) => sort(draft, x!),

  gather: (draft, [x, ...indices], indexing: Indexing) => gather(draft, x!, indices, indexing),
  scatter: (
    draft,
    [updates, ...indices],
    { shape, op, ...indexing }: Indexing & { shape: number[]; op: 'add' | 'update' },
  ) => scatter(draft, updates!, indices, indexing, shape, op),
};
