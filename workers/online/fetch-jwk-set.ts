// Reads an issuer's public keys from their URL, with limits of time and size. The URL was checked when the issuer was
// created (models/contracts/subscription.ts).

import { JWK_SET_BYTES_MAX, type JwkSet, parseJwkSet } from '../../models/contracts/jwk-set.ts';
import { fail, type Result } from '../../models/contracts/result.ts';
import { readBounded } from './read-bounded.ts';

const TIMEOUT_MS = 3_000;
const REASON_LENGTH_MAX = 200;

/** The network, replaced in tests. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** The error is a reason for operators. */
export async function fetchJwkSet(
  url: string,
  request: Fetch = (url, init) => fetch(url, init),
): Promise<Result<JwkSet, string>> {
  try {
    const response = await request(url, {
      // The target of a redirect was not checked.
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { accept: 'application/jwk-set+json, application/json', 'user-agent': 'Bloodstream' },
    });
    if (response.status !== 200) {
      response.body?.cancel().catch(() => {});
      return fail(`answered ${response.status}`);
    }
    const text = await readText(response);
    return text === undefined ? fail(`has more than ${JWK_SET_BYTES_MAX} bytes`) : parseText(text);
  } catch (error) {
    const { name, message } = error as Error;
    return fail(
      name === 'TimeoutError'
        ? `did not answer within ${TIMEOUT_MS / 1000} s`
        : `did not answer: ${message.slice(0, REASON_LENGTH_MAX)}`,
    );
  }
}

function parseText(text: string): Result<JwkSet, string> {
  try {
    return parseJwkSet(JSON.parse(text));
  } catch {
    return fail('is not JSON');
  }
}

/** Undefined if the text is too long. */
async function readText({ body }: Response): Promise<string | undefined> {
  const reader = body?.getReader();
  if (reader === undefined) return '';
  const bytes = await readBounded(reader, JWK_SET_BYTES_MAX);
  if (bytes === undefined) reader.cancel().catch(() => {});
  return bytes && new TextDecoder().decode(bytes);
}
