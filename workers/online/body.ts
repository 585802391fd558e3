// Reads JSON bodies, compressed or not. It does not validate fields.

import * as zlib from 'node:zlib';
import { DeadlineError, withDeadline } from '../storage/deadline.ts';
import { ProblemError } from './problems.ts';

/** Enough for the largest body over a phone's bad connection. */
export const BODY_WAIT_MS = 20_000;

/**
 * Throws the problem that describes what is wrong with the body. Reads at most `maxBytes` of it, and unpacks at most as
 * many: a small body may hold gigabytes.
 */
export async function readJson(request: Request, maxBytes: number): Promise<unknown> {
  if (!/^application\/json\b/i.test(request.headers.get('content-type') ?? ''))
    throw new ProblemError('unsupported-media-type', 'Send “content-type: application/json”.');
  const unpack = findDecoder(request.headers.get('content-encoding'));
  const text = decodeText(unpack(await readBytes(request, maxBytes), maxBytes));
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ProblemError('malformed-json', (error as Error).message);
  }
}

type Decoder = (bytes: Uint8Array, maxBytes: number) => Uint8Array;

function findDecoder(contentEncoding: string | null): Decoder {
  switch ((contentEncoding ?? '').trim().toLowerCase()) {
    case '':
    case 'identity':
      return (bytes) => bytes;
    case 'gzip':
    case 'x-gzip':
      return (bytes, maxOutputLength) => unpack(() => zlib.gunzipSync(bytes, { maxOutputLength }), maxOutputLength);
    case 'deflate':
      return (bytes, maxOutputLength) => unpack(() => zlib.inflateSync(bytes, { maxOutputLength }), maxOutputLength);
    default:
      throw new ProblemError('unsupported-media-type', 'Send “content-encoding: gzip”, “deflate” or none.');
  }
}

function unpack(run: () => Uint8Array, maxBytes: number): Uint8Array {
  try {
    return run();
  } catch (error) {
    // zlib stops where the output passes `maxOutputLength`.
    if ((error as Error).name === 'RangeError') throw tooLarge(maxBytes);
    throw new ProblemError('malformed-json', 'The body is not in its content-encoding.');
  }
}

/** A replacement character would make two players one. */
function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw new ProblemError('malformed-json', 'The body is not UTF-8.');
  }
}

const tooLarge = (maxBytes: number) => new ProblemError('too-large', `At most ${maxBytes} bytes.`);

async function readBytes({ headers, body }: Request, maxBytes: number): Promise<Uint8Array> {
  // The platform enforces a declared length; a chunked body declares none and is counted while it is read.
  if (Number(headers.get('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes);
  if (body === null) return new Uint8Array();
  const reader = body.getReader();
  try {
    return await withDeadline(readAll(reader, maxBytes), BODY_WAIT_MS);
  } catch (error) {
    // The rest of the body is not read.
    reader.cancel().catch(() => {});
    if (error instanceof ProblemError) throw error;
    if (error instanceof DeadlineError)
      throw new ProblemError('incomplete-body', `The body did not arrive within ${BODY_WAIT_MS / 1_000} seconds.`);
    // The client has hung up, or a proxy before this server has died, whose client must not take the body for wrong.
    throw new ProblemError('incomplete-body', 'The body ended early.');
  }
}

async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks);
    size += value.byteLength;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(value);
  }
}

/** Drops a field that equals `id`, so that a resource, read with its id, can be put back under the same path. */
export function withoutId(body: unknown, name: string, id: string | undefined): unknown {
  if (typeof body !== 'object' || body === null || !(name in body)) return body;
  const { [name]: own, ...fields } = body as Record<string, unknown>;
  return own === id ? fields : body;
}
