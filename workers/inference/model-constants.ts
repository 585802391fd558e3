// Reads the float32 constants of an ONNX file that models/onnx wrote, without a runtime. It reads no graph.

import { readFields } from '../../models/contracts/protobuf.ts';
import {
  FLOAT32,
  GRAPH_INITIALIZER,
  MODEL_GRAPH,
  TENSOR_DATA_TYPE,
  TENSOR_NAME,
  TENSOR_RAW_DATA,
} from './onnx-fields.ts';

/** Row by row, by name. Throws if the file is not protobuf. */
export function readFloatConstants(file: Uint8Array): Map<string, Float32Array> {
  const constants = new Map<string, Float32Array>();
  for (const graph of listMessages(file, MODEL_GRAPH))
    for (const tensor of listMessages(graph, GRAPH_INITIALIZER)) {
      const fields = new Map(Array.from(readFields(tensor), ({ number, value }) => [number, value]));
      const name = fields.get(TENSOR_NAME);
      const data = fields.get(TENSOR_RAW_DATA);
      if (fields.get(TENSOR_DATA_TYPE) !== FLOAT32 || !(name instanceof Uint8Array) || !(data instanceof Uint8Array))
        continue;
      // Copied, because it is not aligned in the file.
      constants.set(new TextDecoder().decode(name), new Float32Array(data.slice().buffer));
    }
  return constants;
}

function* listMessages(message: Uint8Array, wanted: number): Generator<Uint8Array> {
  for (const { number, value } of readFields(message))
    if (number === wanted && value instanceof Uint8Array) yield value;
}
