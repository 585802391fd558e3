// Puts a graph together node by node. Each node has one output and gives it its own name, so the names that Netron shows
// are the ones in the code.

import {
  type Dimension,
  type ElementType,
  type EncodedModel,
  encodeModel,
  type Initializer,
  type Node,
  type ValueInfo,
} from './model.ts';

export class GraphBuilder {
  readonly #name: string;
  readonly #inputs: ValueInfo[] = [];
  readonly #outputs: ValueInfo[] = [];
  readonly #initializers: Initializer[] = [];
  readonly #nodes: Node[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  input(name: string, type: ElementType, dimensions: readonly Dimension[]): string {
    this.#inputs.push({ name, type, dimensions });
    return name;
  }

  /** A constant tensor; `dimensions` [] is a scalar. */
  constant(name: string, data: Initializer['data'], dimensions: readonly number[] = [data.length]): string {
    this.#initializers.push({ name, dimensions, data });
    return name;
  }

  float(name: string, value: number): string {
    return this.constant(name, Float32Array.of(value), []);
  }

  /** int64, as shapes and axes are. */
  ints(name: string, ...values: number[]): string {
    return this.constant(name, BigInt64Array.from(values, BigInt));
  }

  /** Adds a node and returns its output's name, which is also its own. */
  node(name: string, operator: string, inputs: readonly string[], attributes: Node['attributes'] = {}): string {
    this.#nodes.push({ name, operator, inputs, outputs: [name], attributes });
    return name;
  }

  /** Declares the output of a node to be one of the graph. */
  output(name: string, type: ElementType, dimensions: readonly Dimension[]): void {
    this.#outputs.push({ name, type, dimensions });
  }

  encode(metadata?: Readonly<Record<string, string>>): EncodedModel {
    return encodeModel(
      {
        name: this.#name,
        inputs: this.#inputs,
        outputs: this.#outputs,
        initializers: this.#initializers,
        nodes: this.#nodes,
      },
      metadata,
    );
  }
}
