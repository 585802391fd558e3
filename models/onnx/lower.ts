// Lowers a function of jax-js to nodes of a graph: the same function becomes what the edge serves, and, through valueAndGrad,
// the step that trains it. After Frostig et al. 2018, "Compiling machine learning programs via high-level tracing".

import { addConstant } from './constants.ts';
import { Draft, OPEN } from './draft.ts';
import type { GraphBuilder } from './graph.ts';
import type { Dimension } from './model.ts';
import { PRIMITIVES } from './primitives.ts';
import { type DataType, type Equation, Outline, traceFunction, type Variable } from './trace.ts';
import { literalValue, materialise, plainValue, type Value } from './value.ts';

/** A tensor of a graph under construction. A dimension with a name is the batch, whose size is known when the model runs. */
export interface Tensor {
  name: string;
  type: DataType;
  dimensions: readonly Dimension[];
}

/** The tree of a function's result, with tensors in place of its arrays. */
export type Lowered<T> = T extends { dtype: unknown; shape: unknown } ? Tensor : { [key in keyof T]: Lowered<T[key]> };
/** The tree of an argument, with tensors in place of arrays. */
export type Lowerable<T> = T extends { dtype: unknown; shape: unknown }
  ? Tensor
  : { [key in keyof T]: Lowerable<T[key]> };

/**
 * Adds what `fn` does to the graph. `args` are trees (objects and lists) of its tensors, `fn` gets arrays in their place.
 * → the tree that `fn` returns, with tensors in place of its arrays. All named dimensions are one and the same, and `fn`
 * must not depend on its size otherwise than through shapes: it may not take a mean over it.
 *
 * Throws where `fn` uses a primitive that cannot be lowered.
 */
export function lower<Args extends unknown[], Result>(
  graph: GraphBuilder,
  fn: (...args: Args) => Result,
  args: Lowerable<Args>,
): Lowered<Result> {
  const tensors: Tensor[] = [];
  const trace = traceFunction(fn as never, outline(args, tensors) as unknown[]);
  const batch = findBatch(tensors);
  const draft = new Draft(batch);
  const values = new Map<Variable, Value>();
  for (const [at, variable] of trace.inputs.entries())
    values.set(variable, plainValue({ name: tensors[at]!.name, shape: variable.shape }, variable.type));
  for (const [variable, constant] of trace.constants) values.set(variable, addConstant(draft, constant));

  const read = (variable: Variable): Value => {
    const { literal, type } = variable;
    if (literal === undefined) return values.get(variable)!;
    if (batch !== undefined && isCount(literal))
      throw new Error(`${nameOf(fn)} counts the batch, whose size is not known before the model runs`);
    return literalValue(draft, literal, type);
  };
  for (const equation of trace.equations) {
    const outputs = applyRule(draft, equation, equation.inputs.map(read), nameOf(fn));
    for (const [at, output] of equation.outputs.entries()) values.set(output, outputs[at]!);
  }
  const names = draft.addTo(
    graph,
    trace.outputs.map((output) => materialise(draft, read(output)).name),
  );
  const results = trace.outputs.map(({ type, shape }, at): Tensor => {
    const dimensions = shape.map((size) => (size === OPEN ? batch!.dimension : size));
    return { name: names[at]!, type, dimensions };
  });
  return trace.arrange(results) as Lowered<Result>;
}

/** The tree with an outline in place of each tensor; the tensors, in the tree's order, go to `tensors`. */
function outline(tree: unknown, tensors: Tensor[]): unknown {
  if (isTensor(tree)) {
    tensors.push(tree);
    const shape = tree.dimensions.map((dimension) => (typeof dimension === 'number' ? dimension : OPEN));
    return new Outline(shape, tree.type);
  }
  if (Array.isArray(tree)) return tree.map((branch) => outline(branch, tensors));
  if (typeof tree !== 'object' || tree === null) throw new Error(`an argument of a lowered function has ${tree} in it`);
  return Object.fromEntries(Object.entries(tree).map(([name, branch]) => [name, outline(branch, tensors)]));
}

const isTensor = (tree: unknown): tree is Tensor =>
  typeof tree === 'object' && tree !== null && 'dimensions' in tree && Array.isArray(tree.dimensions);

function findBatch(tensors: readonly Tensor[]) {
  for (const { name, dimensions } of tensors)
    for (const [axis, dimension] of dimensions.entries())
      if (typeof dimension === 'string') return { name, axis, dimension };
  return undefined;
}

const nameOf = ({ name }: { name: string }): string => name || 'a function without a name';

/** Whether a number that the function computed is a size that comes from the batch, or one over it, as in a mean. */
function isCount(literal: number): boolean {
  const count = Math.abs(literal) < 1 ? 1 / literal : literal;
  const batches = Math.round(Math.abs(count) / OPEN);
  return batches > 0 && batches <= BATCHES_MAX && Math.abs(Math.abs(count) / (batches * OPEN) - 1) < FLOAT32_ROUNDING;
}

/** Beyond them, too many numbers that count nothing lie near a multiple. */
const BATCHES_MAX = 1000;
const FLOAT32_ROUNDING = 2 ** -23;

function applyRule(draft: Draft, equation: Equation, inputs: Value[], functionName: string): readonly Value[] {
  const { primitive, parameters, outputs, text } = equation;
  const where = `in ${functionName}: ${text}`;
  const rule = PRIMITIVES[primitive];
  if (rule === undefined)
    throw new Error(`${primitive} cannot be lowered, with ${JSON.stringify(parameters)}, ${where}`);
  try {
    const result = rule(draft, inputs, parameters as never, outputs[0]!);
    return Array.isArray(result) ? result : [result as Value];
  } catch (error) {
    throw new Error(`${primitive} cannot be lowered, ${where}`, { cause: error });
  }
}
