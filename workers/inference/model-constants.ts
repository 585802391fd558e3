// Reads the float32 constants of an ONNX file that models/onnx wrote, without a runtime. It reads no graph.

/** Fields of ONNX's protobuf messages (onnx.proto3). */
const MODEL_GRAPH = 7;
const GRAPH_INITIALIZER = 5;
const TENSOR_DATA_TYPE = 2;
const TENSOR_NAME = 8;
const TENSOR_RAW_DATA = 9;
const FLOAT32 = 1;

/** Protobuf's wire types. */
const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** Row by row, by name. Throws if the file is not protobuf. */
export function readFloatConstants(file: Uint8Array): Map<string, Float32Array> {
  const constants = new Map<string, Float32Array>();
  for (const graph of listMessages(file, MODEL_GRAPH))
    for (const tensor of listMessages(graph, GRAPH_INITIALIZER)) {
      const fields = new Map(readFields(tensor));
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
  for (const [field, value] of readFields(message)) if (field === wanted && value instanceof Uint8Array) yield value;
}

/** [field, value] in the order of the message; fields of fixed length are left out. */
function* readFields(message: Uint8Array): Generator<[field: number, value: number | Uint8Array]> {
  let at = 0;
  const readVarint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[at++];
      if (byte === undefined) throw new Error('a model file that was cut off');
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = readVarint();
    const [field, wireType] = [Math.floor(tag / 8), tag % 8];
    if (wireType === VARINT) yield [field, readVarint()];
    else if (wireType === LENGTH_DELIMITED) {
      const length = readVarint();
      yield [field, message.subarray(at, at + length)];
      at += length;
    } else if (wireType === FIXED32) at += 4;
    else if (wireType === FIXED64) at += 8;
    else throw new Error(`a model file with the wire type ${wireType}`);
  }
}
