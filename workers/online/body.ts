// Reads JSON bodies. It does not validate fields.

import { ProblemError } from './problems.ts';

/** Throws the problem that describes what is wrong with the body; reads at most `maxBytes` of it. */
export async function readJson(request: Request, maxBytes: number): Promise<unknown> {
  if (!/^application\/json\b/i.test(request.headers.get('content-type') ?? ''))
    throw new ProblemError('unsupported-media-type', 'Send “content-type: application/json”.');
  const text = await readText(request, maxBytes);
  if (text === undefined) throw new ProblemError('too-large', `At most ${maxBytes} bytes.`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ProblemError('malformed-json', (error as Error).message);
  }
}

/** Undefined if the body is longer. */
async function readText(request: Request, maxBytes: number): Promise<string | undefined> {
  const declared = request.headers.get('content-length');
  // The platform enforces a declared length; a chunked body declares none and is counted while it is read.
  if (declared !== null) return Number(declared) > maxBytes ? undefined : request.text();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return new Blob(chunks).text();
}

/** Drops a field that equals `id`, so that a resource, read with its id, can be put back under the same path. */
export function withoutId(body: unknown, name: string, id: string | undefined): unknown {
  if (typeof body !== 'object' || body === null || !(name in body)) return body;
  const { [name]: own, ...fields } = body as Record<string, unknown>;
  return own === id ? fields : body;
}
