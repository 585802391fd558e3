// Reads JSON bodies, compressed or not. It does not validate fields.

import * as zlib from 'node:zlib';
import { DeadlineError, withDeadline } from '../storage/deadline.ts';
import { ProblemError } from './problems.ts';
import { readBounded } from './read-bounded.ts';

/** Enough for the largest body over a phone's bad connection. */
export const BODY_WAIT_MS = 20_000;
const CUT_CHECK_MS = 250;

/**
 * Throws the problem that describes what is wrong with the body. Reads at most `maxBytes` of it, and unpacks at most as
 * many: a small body may hold gigabytes. `isCut`: returns true once the body must be given up.
 */
export async function readJson(request: Request, maxBytes: number, isCut = () => false): Promise<unknown> {
  if (!/^application\/json\b/i.test(request.headers.get('content-type') ?? ''))
    throw new ProblemError('unsupported-media-type', 'Send “content-type: application/json”.');
  const unpack = findDecoder(request.headers.get('content-encoding'));
  const text = decodeText(unpack(await readBytes(request, maxBytes, isCut), maxBytes));
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

const tooManySlow = () =>
  new ProblemError('incomplete-body', 'Too many bodies are arriving slowly; send this request again.');
const tooLarge = (maxBytes: number) => new ProblemError('too-large', `At most ${maxBytes} bytes.`);

async function readBytes({ headers, body }: Request, maxBytes: number, isCut: () => boolean): Promise<Uint8Array> {
  // The platform enforces a declared length; a chunked body declares none and is counted while it is read.
  if (Number(headers.get('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes);
  if (body === null) return new Uint8Array();
  const reader = body.getReader();
  let check: ReturnType<typeof setInterval> | undefined;
  const cut = new Promise<never>((_, reject) => {
    check = setInterval(() => isCut() && reject(tooManySlow()), CUT_CHECK_MS);
  });
  try {
    const bytes = await Promise.race([withDeadline(readBounded(reader, maxBytes), BODY_WAIT_MS), cut]);
    if (bytes === undefined) throw tooLarge(maxBytes);
    return bytes;
  } catch (error) {
    // The rest of the body is not read.
    reader.cancel().catch(() => {});
    if (error instanceof ProblemError) throw error;
    if (error instanceof DeadlineError)
      throw new ProblemError('incomplete-body', `The body did not arrive within ${BODY_WAIT_MS / 1_000} seconds.`);
    // The client has hung up, or a proxy before this server has died, whose client must not take the body for wrong.
    throw new ProblemError('incomplete-body', 'The body ended early.');
  } finally {
    clearInterval(check);
  }
}

/** Drops a field that equals `id`, so that a resource, read with its id, can be put back under the same path. */
export function withoutId(body: unknown, name: string, id: string | undefined): unknown {
  if (typeof body !== 'object' || body === null || !(name in body)) return body;
  const { [name]: own, ...fields } = body as Record<string, unknown>;
  return own === id ? fields : body;
}
