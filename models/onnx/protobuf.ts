// Writes protobuf messages with the field kinds that ONNX needs. Reads none and knows no schema.

const VARINT = 0;
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
