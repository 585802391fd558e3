// Encodes a graph as an ONNX model file (onnx.proto3). Checks no types and infers no shapes: the runtime does both when
// it opens the file.

import { Message } from '../contracts/protobuf.ts';

/** Accepted by both onnxruntime-node and onnxruntime-web. */
const IR_VERSION = 9;
const OPSET = 18;

/** Numbers of onnx.proto3's TensorProto.DataType. */
export const ELEMENT = { float32: 1, int16: 5, int32: 6, int64: 7, bool: 9, float16: 10 } as const;
export type ElementType = keyof typeof ELEMENT;

/** A number, or the name of a dimension that is known only when the model runs. */
export type Dimension = number | string;

export interface ValueInfo {
  name: string;
  type: ElementType;
  dimensions: readonly Dimension[];
}

/** Plain numbers and lists are integers; floats are marked. */
type Attribute = number | readonly number[] | string | { float: number };

export interface Node {
  name: string;
  operator: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: Readonly<Record<string, Attribute>>;
}

export interface Initializer {
  name: string;
  dimensions: readonly number[];
  /** Uint16Array: the bits of float16, see float16.ts. */
  data: Float32Array | Int32Array | BigInt64Array | Int16Array | Uint16Array;
}

interface Graph {
  name: string;
  inputs: readonly ValueInfo[];
  outputs: readonly ValueInfo[];
  initializers: readonly Initializer[];
  nodes: readonly Node[];
}

export interface EncodedModel {
  bytes: Uint8Array;
  /** Offset in `bytes` of each initializer's little-endian data; not aligned. */
  offsets: ReadonlyMap<string, number>;
}

/** `metadata`: shown beside the graph by Netron and the runtimes. */
export function encodeModel(graph: Graph, metadata: Readonly<Record<string, string>> = {}): EncodedModel {
  const tables = new Map<Uint8Array, string>();
  const model = new Message()
    .int(1, IR_VERSION)
    .text(2, 'bloodstream')
    .message(7, encodeGraph(graph, tables))
    .message(8, new Message().text(1, '').int(2, OPSET));
  for (const [key, value] of Object.entries(metadata)) model.message(14, new Message().text(1, key).text(2, value));

  const bytes = new Uint8Array(model.length);
  const offsets = new Map<string, number>();
  let offset = 0;
  for (const chunk of model.chunks) {
    const name = tables.get(chunk);
    if (name !== undefined) offsets.set(name, offset);
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return { bytes, offsets };
}

function encodeGraph(graph: Graph, tables: Map<Uint8Array, string>): Message {
  const message = new Message();
  for (const node of graph.nodes) message.message(1, encodeNode(node));
  message.text(2, graph.name);
  for (const initializer of graph.initializers) message.message(5, encodeTensor(initializer, tables));
  for (const input of graph.inputs) message.message(11, encodeValueInfo(input));
  for (const output of graph.outputs) message.message(12, encodeValueInfo(output));
  return message;
}

function encodeNode({ name, operator, inputs, outputs, attributes }: Node): Message {
  const message = new Message();
  for (const input of inputs) message.text(1, input);
  for (const output of outputs) message.text(2, output);
  message.text(3, name).text(4, operator);
  for (const [key, value] of Object.entries(attributes)) message.message(5, encodeAttribute(key, value));
  return message;
}

function encodeAttribute(name: string, value: Attribute): Message {
  const message = new Message().text(1, name);
  if (typeof value === 'number') return message.int(3, value).int(20, 2);
  if (typeof value === 'string') return message.text(4, value).int(20, 3);
  if ('float' in value) return message.float(2, value.float).int(20, 1);
  for (const int of value) message.int(8, int);
  return message.int(20, 7);
}

function encodeTensor({ name, dimensions, data }: Initializer, tables: Map<Uint8Array, string>): Message {
  const message = new Message();
  for (const dimension of dimensions) message.int(1, dimension);
  // ONNX raw data is little-endian, and so is every machine that Node and workerd run on.
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  tables.set(raw, name);
  return message.int(2, ELEMENT[elementType(data)]).text(8, name).bytes(9, raw);
}

function elementType(data: Initializer['data']): ElementType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Uint16Array) return 'float16';
  if (data instanceof Int16Array) return 'int16';
  return data instanceof Int32Array ? 'int32' : 'int64';
}

function encodeValueInfo({ name, type, dimensions }: ValueInfo): Message {
  const shape = new Message();
  for (const dimension of dimensions)
    shape.message(
      1,
      typeof dimension === 'number' ? new Message().int(1, dimension) : new Message().text(2, dimension),
    );
  const tensor = new Message().int(1, ELEMENT[type]).message(2, shape);
  return new Message().text(1, name).message(2, new Message().message(1, tensor));
}
