// Sends requests to R2's S3 API, signed, and repeats those that fail on their way. Judges only the answers that are
// failures for every request.

import { PassingFailure, withRetries } from './retries.ts';
import { encodeS3, type S3Credentials, sha256Hex, signRequest } from './sign-request.ts';

/** The largest file of the log has 256 MB. */
const TIMEOUT_MS = 15 * 60_000;
/** The caller decides what it means that nothing is there, or that a condition does not hold. */
const ANSWERS = new Set([200, 204, 206, 404, 412]);

export interface S3Access {
  /** Address of the S3 API, without a bucket. */
  endpoint: string;
  bucket: string;
  credentials: S3Credentials;
  /** Before a request is repeated the first time. */
  waitMs: number;
}
export interface S3Request {
  method: 'GET' | 'PUT' | 'DELETE';
  /** '' for the bucket itself. */
  key: string;
  query?: Readonly<Record<string, string>>;
  headers?: Readonly<Record<string, string>>;
  body?: Uint8Array;
}
export interface S3Answer {
  status: number;
  headers: Headers;
  bytes: Uint8Array<ArrayBuffer>;
  /** True if an earlier attempt may have had its effect. */
  isRepeated: boolean;
}

export type S3Client = (request: S3Request) => Promise<S3Answer>;

export function openS3(access: S3Access): S3Client {
  const { endpoint, bucket, waitMs } = access;
  return ({ method, key, query = {}, headers = {}, body = new Uint8Array() }) => {
    const path = [bucket, ...(key === '' ? [] : key.split('/'))].map(encodeS3).join('/');
    const url = new URL(`${endpoint}/${path}`);
    url.search = Object.entries(query)
      .map(([name, value]) => `${encodeS3(name)}=${encodeS3(value)}`)
      .sort()
      .join('&');
    const bodySha256 = sha256Hex(body);
    return withRetries(async (attempt) => {
      const signature = { method, url, headers: signable(headers), bodySha256, region: 'auto', now: Date.now() };
      const signed = signRequest({ ...signature, credentials: access.credentials });
      const answer = await send(url, method, { ...headers, ...signed }, body);
      return { ...answer, isRepeated: attempt > 0 };
    }, waitMs);
  };
}

/** S3 demands these; others may be changed on the way. */
const signable = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-amz-')));

async function send(
  url: URL,
  method: string,
  headers: Record<string, string>,
  body: Uint8Array,
): Promise<Omit<S3Answer, 'isRepeated'>> {
  const { answer, bytes } = await fetchBytes(url, {
    method,
    // A compressed answer would not have the bytes that were stored.
    headers: { 'accept-encoding': 'identity', ...headers },
    ...(method === 'PUT' && { body: body as Uint8Array<ArrayBuffer> }),
  });
  const { status } = answer;
  const code = status < 300 ? '' : readErrorCode(bytes);
  if (ANSWERS.has(status) && code !== 'NoSuchBucket') return { status, headers: answer.headers, bytes };
  const refusal = explainRefusal(`${method} ${url.pathname}`, status, code);
  if (status === 429 || status >= 500) throw new PassingFailure(refusal, false, undefined);
  throw new Error(refusal);
}

async function fetchBytes(
  url: URL,
  request: RequestInit,
): Promise<{ answer: Response; bytes: Uint8Array<ArrayBuffer> }> {
  try {
    const answer = await fetch(url, { ...request, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
    return { answer, bytes: new Uint8Array(await answer.arrayBuffer()) };
  } catch (error) {
    const { message, cause } = error as Error & { cause?: Error };
    const reason = `R2 does not answer (${cause?.message || message}): check the network, and run this again`;
    throw new PassingFailure(reason, false, error);
  }
}

function readErrorCode(bytes: Uint8Array): string {
  const [, code = ''] = /<Code>(.*?)<\/Code>/.exec(new TextDecoder().decode(bytes.subarray(0, 2_000))) ?? [];
  return code;
}

function explainRefusal(request: string, status: number, code: string): string {
  const reason = `R2 refuses ${request}: ${code || `the answer was ${status}`}`;
  if (code === 'RequestTimeTooSkewed') return `${reason}: set the clock of this machine`;
  if (code === 'NoSuchBucket') return `${reason}: run \`npm run deploy\` first`;
  if (status === 401 || status === 403)
    return (
      `${reason}: CLOUDFLARE_API_TOKEN lacks the permission “Workers R2 Storage: Edit” for this account; ` +
      'docs/guides/deploy.md says how to get one'
    );
  return status >= 500 ? `${reason}: run this again; what is done already stays` : reason;
}
