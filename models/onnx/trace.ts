// Runs a function of jax-js on tracers and gives what it did as a flat list of equations. The only file that knows how
// jax-js lays out its jaxprs; it knows nothing of ONNX.

import { defaultDevice, makeJaxpr, type numpy as np, tree } from '@jax-js/jax';

/** Element types that occur in traces. */
export type DataType = 'float32' | 'int32' | 'bool';

export interface Shaped {
  shape: readonly number[];
  type: DataType;
}

/** A value of the trace: the same object wherever it is used. */
export type Variable = Shaped & { literal?: number };

export interface Equation {
  primitive: string;
  /** As jax-js names them: the parameters of the primitive. */
  parameters: Record<string, unknown>;
  inputs: readonly Variable[];
  outputs: readonly Variable[];
  /** The equation as jax-js prints it. */
  text: string;
}

export interface Constant extends Shaped {
  data: Float32Array | Int32Array | Uint8Array;
}

export interface Trace {
  inputs: readonly Variable[];
  /** Arrays that the function made itself, with the variables that stand for them. */
  constants: readonly (readonly [Variable, Constant])[];
  equations: readonly Equation[];
  outputs: readonly Variable[];
  /** Puts what belongs to the outputs, in their order, into the tree that the function returned. */
  arrange<T>(leaves: readonly T[]): unknown;
}

/** Stands for an array of which jax-js learns the shape and the type only: a class, or it would be taken for a tree. */
export class Outline {
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

/** `args`: trees (objects and lists) of outlines, whose order is that of the inputs. Calls of jitted functions are written out. */
export function traceFunction(fn: Traceable, args: readonly unknown[]): Trace {
  const { jaxpr: closed, treedef } = onCpu(() => makeJaxpr(fn as JaxFunction)(...args));
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

/** Arrays that the function makes are small, and read at once: other devices would compile a program for each. */
function onCpu<T>(work: () => T): T {
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
