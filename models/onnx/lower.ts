// Lowers a jax-js function to nodes of a graph: the same function becomes the model that the edge serves and, through
// valueAndGrad, the step that trains it. After Frostig et al. 2018, "Compiling machine learning programs via high-level
// tracing".

import { addConstant } from './constants.ts';
import { Draft, SYMBOLIC_BATCH } from './draft.ts';
import type { GraphBuilder } from './graph.ts';
import type { Dimension } from './model.ts';
import { PRIMITIVES } from './primitives.ts';
import { AbstractArray, type DataType, type Equation, traceFunction, type Variable } from './trace.ts';
import { contiguousValue, literalValue, materialise, type Value } from './value.ts';

/** A tensor of a graph under construction. A named dimension is the batch, whose size is known when the model runs. */
export interface Tensor {
  name: string;
  type: DataType;
  dimensions: readonly Dimension[];
}

/** Tree of a function's result, with tensors for arrays. */
type Lowered<T> = T extends { dtype: unknown; shape: unknown } ? Tensor : { [key in keyof T]: Lowered<T[key]> };
/** Tree of an argument, with tensors for arrays. */
export type Lowerable<T> = T extends { dtype: unknown; shape: unknown }
  ? Tensor
  : { [key in keyof T]: Lowerable<T[key]> };

/**
 * Adds the nodes of `fn` to the graph. `args`: trees (objects and lists) of tensors, which `fn` gets as arrays. → the
 * tree that `fn` returns, with tensors for arrays. All named dimensions are the same one, the batch; `fn` may use its
 * size in shapes only, so it cannot take a mean over the batch.
 *
 * Throws if `fn` uses a primitive that cannot be lowered.
 */
export function lower<Args extends unknown[], Result>(
  graph: GraphBuilder,
  fn: (...args: Args) => Result,
  args: Lowerable<Args>,
): Lowered<Result> {
  const tensors: Tensor[] = [];
  const trace = traceFunction(fn as never, outlineTree(args, tensors) as unknown[]);
  const batch = findBatch(tensors);
  const draft = new Draft(batch);
  const values = new Map<Variable, Value>();
  for (const [at, variable] of trace.inputs.entries())
    values.set(variable, contiguousValue({ name: tensors[at]!.name, shape: variable.shape }, variable.type));
  for (const [variable, constant] of trace.constants) values.set(variable, addConstant(draft, constant));

  const read = (variable: Variable): Value => {
    const { literal, type } = variable;
    if (literal === undefined) return values.get(variable)!;
    if (batch !== undefined && countsBatch(literal))
      throw new Error(`${nameOf(fn)} computes with the size of the batch, which is not known before the model runs`);
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
    const dimensions = shape.map((size) => (size === SYMBOLIC_BATCH ? batch!.dimension : size));
    return { name: names[at]!, type, dimensions };
  });
  return trace.arrange(results) as Lowered<Result>;
}

/** The tree with an abstract array for each tensor; appends the tensors to `tensors`, in the tree's order. */
function outlineTree(tree: unknown, tensors: Tensor[]): unknown {
  if (isTensor(tree)) {
    tensors.push(tree);
    const shape = tree.dimensions.map((dimension) => (typeof dimension === 'number' ? dimension : SYMBOLIC_BATCH));
    return new AbstractArray(shape, tree.type);
  }
  if (Array.isArray(tree)) return tree.map((branch) => outlineTree(branch, tensors));
  if (typeof tree !== 'object' || tree === null) throw new Error(`an argument of a lowered function contains ${tree}`);
  return Object.fromEntries(Object.entries(tree).map(([name, branch]) => [name, outlineTree(branch, tensors)]));
}

const isTensor = (tree: unknown): tree is Tensor =>
  typeof tree === 'object' && tree !== null && 'dimensions' in tree && Array.isArray(tree.dimensions);

function findBatch(tensors: readonly Tensor[]) {
  for (const { name, dimensions } of tensors)
    for (const [axis, dimension] of dimensions.entries())
      if (typeof dimension === 'string') return { name, axis, dimension };
  return undefined;
}

const nameOf = ({ name }: { name: string }): string => name || 'an anonymous function';

/** True if the literal is a multiple of the batch's size, or the reciprocal of one, as in a mean. */
function countsBatch(literal: number): boolean {
  const count = Math.abs(literal) < 1 ? 1 / literal : literal;
  const batches = Math.round(Math.abs(count) / SYMBOLIC_BATCH);
  return (
    batches > 0 &&
    batches <= BATCHES_MAX &&
    Math.abs(Math.abs(count) / (batches * SYMBOLIC_BATCH) - 1) < FLOAT32_ROUNDING
  );
}

/** Beyond this many, unrelated numbers are near a multiple too often. */
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
