// Reads a stream into memory, up to a limit. It does not end the stream: the caller cancels what it does not read.

const BYTES_MIN = 4_096;

/**
 * Undefined if the stream has more than `maxBytes`. Copies each chunk instead of keeping it: a client may send a byte
 * at a time, and a chunk takes far more memory than its bytes.
 */
export async function readBounded(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  let bytes = new Uint8Array(BYTES_MIN);
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return bytes.subarray(0, size);
    const end = size + value.byteLength;
    if (end > maxBytes) return undefined;
    if (end > bytes.length) {
      const longer = new Uint8Array(Math.min(maxBytes, Math.max(end, 2 * bytes.length)));
      longer.set(bytes.subarray(0, size));
      bytes = longer;
    }
    bytes.set(value, size);
    size = end;
  }
}
