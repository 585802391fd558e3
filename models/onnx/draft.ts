// Collects nodes before they go into a graph: equal nodes are written once, nodes that no output needs are left out.
// Sizes that are multiples of SYMBOLIC_BATCH follow the batch when the model runs.

import type { GraphBuilder } from './graph.ts';
import { ELEMENT, type Initializer, type Node } from './model.ts';
import type { DataType } from './trace.ts';

/**
 * Stands for the size of the batch while a function is traced: a prime that no other size is a multiple of, so that
 * division tells which sizes come from the batch.
 */
export const SYMBOLIC_BATCH = 1_299_709;

export const dependsOnBatch = (size: number): boolean => size % SYMBOLIC_BATCH === 0 && size > 0;

/** A tensor of the graph. */
export interface Stored {
  name: string;
  shape: readonly number[];
}

const COMMUTATIVE = new Set(['Add', 'Mul', 'Max', 'Min', 'And', 'Or', 'Equal']);

type Attributes = Node['attributes'];

interface DraftNode {
  operator: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: Attributes;
}

export class Draft {
  readonly #nodes: DraftNode[] = [];
  readonly #constants = new Map<string, Initializer>();
  readonly #producers = new Map<string, DraftNode>();
  readonly #known = new Map<string, readonly string[]>();
  /** An input whose dimension `axis` is the batch. */
  readonly #batch: { name: string; axis: number } | undefined;

  constructor(batch: { name: string; axis: number } | undefined) {
    this.#batch = batch;
  }

  /** Adds a node with one output; → the output's name. */
  node(operator: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.nodes(operator, inputs, 1, attributes)[0]!;
  }

  nodes(operator: string, inputs: readonly string[], outputs: number, attributes: Attributes = {}): readonly string[] {
    const ordered = COMMUTATIVE.has(operator) ? inputs.toSorted() : inputs;
    const key = JSON.stringify([operator, ordered, attributes]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const names = Array.from({ length: outputs }, (_, output) => `%${this.#nodes.length}.${output}`);
    const node = { operator, inputs, outputs: names, attributes };
    this.#nodes.push(node);
    for (const name of names) this.#producers.set(name, node);
    this.#known.set(key, names);
    return names;
  }

  /** The node that computes a tensor; undefined for constants and for tensors from outside. */
  producer(name: string): DraftNode | undefined {
    return this.#producers.get(name);
  }

  constant(data: Initializer['data'], dimensions: readonly number[] = [data.length]): string {
    const equal = Array.from(this.#constants.values()).find((known) => isSameConstant(known, { data, dimensions }));
    if (equal !== undefined) return equal.name;
    const name = `%c${this.#constants.size}`;
    this.#constants.set(name, { name, data, dimensions });
    return name;
  }

  ints(values: readonly number[]): string {
    return this.constant(BigInt64Array.from(values, BigInt));
  }

  /** A scalar. */
  literal(value: number, type: DataType): string {
    if (type === 'float32') return this.constant(Float32Array.of(value), []);
    const int = this.constant(Int32Array.of(value), []);
    return type === 'int32' ? int : this.cast(int, 'bool');
  }

  cast(name: string, type: DataType | 'int64'): string {
    return this.node('Cast', [name], { to: ELEMENT[type] });
  }

  /** The sizes as an int64 tensor, computed when the model runs if they depend on the batch. */
  sizes(shape: readonly number[]): string {
    if (!shape.some(dependsOnBatch)) return this.ints(shape);
    const { name, axis } = this.#batch!;
    const batch = this.node('Shape', [name], { start: axis, end: axis + 1 });
    const parts = shape.map((size) =>
      dependsOnBatch(size) ? this.node('Mul', [batch, this.ints([size / SYMBOLIC_BATCH])]) : this.ints([size]),
    );
    return this.node('Concat', parts, { axis: 0 });
  }

  reshape(stored: Stored, shape: readonly number[]): Stored {
    const from = this.producer(stored.name);
    const name = from?.operator === 'Reshape' ? from.inputs[0]! : stored.name;
    if (isEqual(stored.shape, shape)) return stored;
    if (shape.filter(dependsOnBatch).length > 1)
      throw new Error(`sizes of ${shape} depend on the batch more than once`);
    const target = shape.map((size) => (dependsOnBatch(size) ? -1 : size));
    return { name: this.node('Reshape', [name, this.ints(target)]), shape };
  }

  transpose({ name, shape }: Stored, order: readonly number[]): Stored {
    if (order.every((from, to) => from === to)) return { name, shape };
    return { name: this.node('Transpose', [name], { perm: order }), shape: order.map((from) => shape[from]!) };
  }

  expand({ name, shape }: Stored, target: readonly number[]): Stored {
    if (isEqual(shape, target)) return { name, shape };
    return { name: this.node('Expand', [name, this.sizes(target)]), shape: target };
  }

  /** Adds the nodes and constants that the outputs need to the graph; → the outputs' names there. */
  addTo(graph: GraphBuilder, outputs: readonly string[]): string[] {
    const needed = new Set(outputs);
    for (const node of this.#nodes.toReversed())
      if (node.outputs.some((output) => needed.has(output))) for (const input of node.inputs) needed.add(input);

    const names = new Map<string, string>();
    const read = (name: string) => names.get(name) ?? name;
    for (const [name, { data, dimensions }] of this.#constants)
      if (needed.has(name)) names.set(name, graph.constant(graph.number('constant'), data, dimensions));
    for (const { operator, inputs, outputs: own, attributes } of this.#nodes) {
      if (!own.some((output) => needed.has(output))) continue;
      const name = graph.number(operator.toLowerCase());
      const written =
        own.length === 1
          ? [graph.node(name, operator, inputs.map(read), attributes)]
          : graph.nodes(name, operator, inputs.map(read), own.length, attributes);
      for (const [index, output] of own.entries()) names.set(output, written[index]!);
    }
    return outputs.map(read);
  }
}

export const isEqual = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, index) => size === b[index]);

const isSameConstant = (a: Initializer, b: Omit<Initializer, 'name'>): boolean =>
  a.data.constructor === b.data.constructor &&
  isEqual(a.dimensions, b.dimensions) &&
  (a.data as Float32Array).every((element, at) => Object.is(element, b.data[at]));
