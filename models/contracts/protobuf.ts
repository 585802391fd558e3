// Writes protobuf messages with the kinds of fields that ONNX needs, and splits messages into fields. Knows no schema.

/** Wire types. */
const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** A message under construction: a list of chunks, joined once at the end, so that large tables are copied once. */
export class Message {
  readonly chunks: Uint8Array[] = [];
  length = 0;

  int(field: number, value: number | bigint): this {
    return this.#push(tag(field, VARINT)).#push(varint(value));
  }

  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.#push(tag(field, FIXED32)).#push(bytes);
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  /** Keeps the bytes without copying: the chunk keeps its identity until the messages are joined. */
  bytes(field: number, value: Uint8Array): this {
    return this.#push(tag(field, LENGTH_DELIMITED)).#push(varint(value.length)).#push(value);
  }

  message(field: number, value: Message): this {
    this.#push(tag(field, LENGTH_DELIMITED)).#push(varint(value.length));
    for (const chunk of value.chunks) this.#push(chunk);
    return this;
  }

  /** Adds a field that readFields yielded, without copying. */
  field({ bytes }: Field): this {
    return this.#push(bytes);
  }

  join(): Uint8Array {
    const bytes = new Uint8Array(this.length);
    let offset = 0;
    for (const chunk of this.chunks) {
      bytes.set(chunk, offset);
      offset += chunk.length;
    }
    return bytes;
  }

  #push(chunk: Uint8Array): this {
    this.chunks.push(chunk);
    this.length += chunk.length;
    return this;
  }
}

const tag = (field: number, kind: number): Uint8Array => varint((field << 3) | kind);

/** Negative numbers take ten bytes, as protobuf's int64 requires. */
function varint(value: number | bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

export interface Field {
  number: number;
  /** Undefined for fields of fixed length. */
  value: number | Uint8Array | undefined;
  /** The whole field, its number included. */
  bytes: Uint8Array;
}

/** Yields fields in the order of the message. Throws an Error if it is cut off or not protobuf. */
export function* readFields(message: Uint8Array): Generator<Field> {
  let at = 0;
  const readVarint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[at++];
      if (byte === undefined) throw new Error('a message that was cut off');
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const start = at;
    const tag = readVarint();
    const [number, wireType] = [Math.floor(tag / 8), tag % 8];
    let value: Field['value'];
    if (wireType === VARINT) value = readVarint();
    else if (wireType === LENGTH_DELIMITED) {
      const length = readVarint();
      value = message.subarray(at, at + length);
      at += length;
    } else if (wireType === FIXED32) at += 4;
    else if (wireType === FIXED64) at += 8;
    else throw new Error(`a message with the wire type ${wireType}`);
    if (at > message.length) throw new Error('a message that was cut off');
    yield { number, value, bytes: message.subarray(start, at) };
  }
}
