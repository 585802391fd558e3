// Takes the large constants out of an ONNX file: the rest names their positions in the file, from which onnxruntime
// copies each once to its final place. With a whole file, it keeps three copies of a constant while it opens a session,
// and its memory never shrinks.

import { Message, readFields } from '../../models/contracts/protobuf.ts';
import {
  ENTRY_KEY,
  ENTRY_VALUE,
  EXTERNAL,
  GRAPH_INITIALIZER,
  MODEL_GRAPH,
  TENSOR_DATA_LOCATION,
  TENSOR_EXTERNAL_DATA,
  TENSOR_RAW_DATA,
} from './onnx-fields.ts';

/** Smaller constants stay: shapes and axes are needed to check the graph. */
const LARGE_BYTES = 16_384;

/** The model without its large constants. `location`: the file's name for onnxruntime. Throws if it is not protobuf. */
export const separateGraph = (file: Uint8Array, location: string): Uint8Array =>
  replaceMessages(file, MODEL_GRAPH, (graph) =>
    replaceMessages(graph, GRAPH_INITIALIZER, (tensor) => separateTensor(tensor, file, location)),
  ).join();

function replaceMessages(message: Uint8Array, wanted: number, replace: (one: Uint8Array) => Message): Message {
  const replaced = new Message();
  for (const field of readFields(message))
    if (field.number === wanted && field.value instanceof Uint8Array) replaced.message(wanted, replace(field.value));
    else replaced.field(field);
  return replaced;
}

function separateTensor(tensor: Uint8Array, file: Uint8Array, location: string): Message {
  const separated = new Message();
  for (const field of readFields(tensor)) {
    const { number, value } = field;
    if (number === TENSOR_RAW_DATA && value instanceof Uint8Array && value.length >= LARGE_BYTES)
      separated
        .message(TENSOR_EXTERNAL_DATA, encodeEntry('location', location))
        .message(TENSOR_EXTERNAL_DATA, encodeEntry('offset', `${value.byteOffset - file.byteOffset}`))
        .message(TENSOR_EXTERNAL_DATA, encodeEntry('length', `${value.length}`))
        .int(TENSOR_DATA_LOCATION, EXTERNAL);
    else separated.field(field);
  }
  return separated;
}

const encodeEntry = (key: string, value: string): Message =>
  new Message().text(ENTRY_KEY, key).text(ENTRY_VALUE, value);
