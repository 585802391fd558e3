// Builds a graph node by node. A node's output has the node's name, so Netron shows the names of the code. A part of a
// graph that is written elsewhere gets a scope, which prefixes its names.

import { encodeFloat16 } from './float16.ts';
import {
  type Dimension,
  ELEMENT,
  type ElementType,
  type EncodedModel,
  encodeModel,
  type Initializer,
  type Node,
  type ValueInfo,
} from './model.ts';

interface Content {
  inputs: ValueInfo[];
  outputs: ValueInfo[];
  initializers: Initializer[];
  nodes: Node[];
  /** Numbers handed out so far, by scoped name. */
  numbered: Map<string, number>;
}

const emptyContent = (): Content => ({ inputs: [], outputs: [], initializers: [], nodes: [], numbered: new Map() });

export class GraphBuilder {
  readonly #name: string;
  readonly #scope: string;
  readonly #content: Content;

  constructor(name: string, scope = '', content: Content = emptyContent()) {
    this.#name = name;
    this.#scope = scope;
    this.#content = content;
  }

  /**
   * The same graph, with the names of added nodes and constants prefixed `name/`. Inputs and outputs keep their names.
   */
  scope(name: string): GraphBuilder {
    return new GraphBuilder(this.#name, `${this.#scope}${name}/`, this.#content);
  }

  input(name: string, type: ElementType, dimensions: readonly Dimension[]): string {
    this.#content.inputs.push({ name, type, dimensions });
    return name;
  }

  /** A constant tensor; `dimensions` [] is a scalar. */
  constant(name: string, data: Initializer['data'], dimensions: readonly number[] = [data.length]): string {
    this.#content.initializers.push({ name: this.#scope + name, dimensions, data });
    return this.#scope + name;
  }

  /** A constant stored as float16 (11 significant bits; 65,520 and more become infinite), read as float32. */
  halfConstant(name: string, data: Float32Array, dimensions: readonly number[] = [data.length]): string {
    const half = this.constant(`${name}_half`, encodeFloat16(data), dimensions);
    return this.node(name, 'Cast', [half], { to: ELEMENT.float32 });
  }

  float(name: string, value: number): string {
    return this.constant(name, Float32Array.of(value), []);
  }

  /** int64, as shapes and axes are. */
  ints(name: string, ...values: number[]): string {
    return this.constant(name, BigInt64Array.from(values, BigInt));
  }

  /** Adds a node with one output; → the name of both. */
  node(name: string, operator: string, inputs: readonly string[], attributes: Node['attributes'] = {}): string {
    const scoped = this.#scope + name;
    this.#content.nodes.push({ name: scoped, operator, inputs, outputs: [scoped], attributes });
    return scoped;
  }

  /** Adds a node with several outputs; → their names: the node's, each with a number. */
  nodes(
    name: string,
    operator: string,
    inputs: readonly string[],
    count: number,
    attributes: Node['attributes'] = {},
  ): string[] {
    const scoped = this.#scope + name;
    const outputs = Array.from({ length: count }, (_, output) => `${scoped}:${output}`);
    this.#content.nodes.push({ name: scoped, operator, inputs, outputs, attributes });
    return outputs;
  }

  /** The name with the next free number of this scope. */
  number(name: string): string {
    const { numbered } = this.#content;
    const scoped = this.#scope + name;
    const number = numbered.get(scoped) ?? 0;
    numbered.set(scoped, number + 1);
    return `${name}_${number}`;
  }

  /** Declares a node's output as an output of the graph. */
  output(name: string, type: ElementType, dimensions: readonly Dimension[]): void {
    this.#content.outputs.push({ name, type, dimensions });
  }

  encode(metadata?: Readonly<Record<string, string>>): EncodedModel {
    return encodeModel({ name: this.#name, ...this.#content }, metadata);
  }
}
