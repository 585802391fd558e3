// Traces a jax-js function to a flat list of equations. The only file that reads jaxprs; it does not use ONNX.

import { defaultDevice, makeJaxpr, type numpy as np, tree } from '@jax-js/jax';

/** Element types of traced arrays. */
export type DataType = 'float32' | 'int32' | 'bool';

export interface Shaped {
  shape: readonly number[];
  type: DataType;
}

/** A value of the trace: the same object wherever it is used. */
export type Variable = Shaped & { literal?: number };

export interface Equation {
  primitive: string;
  /** Parameters of the primitive, by jax-js's names. */
  parameters: Record<string, unknown>;
  inputs: readonly Variable[];
  outputs: readonly Variable[];
  /** The equation as printed by jax-js. */
  text: string;
}

export interface Constant extends Shaped {
  data: Float32Array | Int32Array | Uint8Array;
}

interface Trace {
  inputs: readonly Variable[];
  /** Arrays that the function creates, with their variables. */
  constants: readonly (readonly [Variable, Constant])[];
  equations: readonly Equation[];
  outputs: readonly Variable[];
  /** Builds the tree that the function returned from its leaves, given in the order of `outputs`. */
  arrange<T>(leaves: readonly T[]): unknown;
}

/** An array's shape and type, without data, for tracing. A class, because jax-js takes a plain object for a tree. */
export class AbstractArray {
  readonly shape: number[];
  readonly dtype: DataType;
  readonly weakType = false;

  constructor(shape: number[], type: DataType) {
    this.shape = shape;
    this.dtype = type;
  }
}

type Traceable = (...args: never[]) => unknown;
type JaxFunction = (...args: unknown[]) => np.Array;
type Jaxpr = ReturnType<ReturnType<typeof makeJaxpr>>['jaxpr']['jaxpr'];
type Atom = Jaxpr['outs'][number];

/**
 * `args`: trees (objects and lists) of AbstractArray; their leaves, in order, are the trace's inputs. Calls of jitted
 * functions are inlined.
 */
export function traceFunction(fn: Traceable, args: readonly unknown[]): Trace {
  const { jaxpr: closed, treedef } = runOnCpu(() => makeJaxpr(fn as JaxFunction)(...args));
  const jaxpr = closed.jaxpr.flatten().simplify();

  const variables = new Map<Atom, Variable>();
  const read = (atom: Atom): Variable => {
    const known = variables.get(atom);
    if (known !== undefined) return known;
    const variable: Variable = { shape: atom.aval.shape, type: readType(atom.aval.dtype) };
    if ('value' in atom) variable.literal = Number(atom.value);
    variables.set(atom, variable);
    return variable;
  };
  const binders = jaxpr.inBinders.map(read);
  const constants = closed.consts.map((array, index) => {
    const variable = binders[index]!;
    return [variable, { ...variable, data: (array as np.Array).ref.dataSync() as Constant['data'] }] as const;
  });
  const equations = jaxpr.eqns.map((equation) => ({
    primitive: equation.primitive as string,
    parameters: equation.params,
    inputs: equation.inputs.map(read),
    outputs: equation.outBinders.map(read),
    text: equation.toString(),
  }));
  closed.dispose();
  return {
    inputs: binders.slice(constants.length),
    constants,
    equations,
    outputs: jaxpr.outs.map(read),
    arrange: (outputs) => tree.unflatten(treedef, outputs),
  };
}

/** Arrays that a function creates are small and read at once; other devices would compile a program for each. */
function runOnCpu<T>(work: () => T): T {
  const device = defaultDevice();
  defaultDevice('cpu');
  try {
    return work();
  } finally {
    defaultDevice(device);
  }
}

function readType(type: string): DataType {
  if (type === 'float32' || type === 'int32' || type === 'bool') return type;
  throw new Error(`an array of ${type} cannot be lowered: use float32, int32 or bool, and draw random numbers outside`);
}
