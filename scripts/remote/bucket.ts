// An account's R2 bucket with the interface that it has in a Worker, over R2's S3 API: the part that commands use.
// Cloudflare's own API cannot put on a condition, which releases and snapshots need, and counts against its limit.

import { createHash } from 'node:crypto';
import { type ListedObject, parseListPage } from './list-page.ts';
import { openS3, type S3Access, type S3Answer, type S3Client } from './s3-client.ts';

const PARALLEL_DELETIONS = 8;

type Put = Pick<R2PutOptions, 'sha256' | 'onlyIf'>;

export function openRemoteBucket(access: S3Access): R2Bucket {
  const send = openS3(access);
  const bucket = {
    async get(key: string, options: Pick<R2GetOptions, 'range'> = {}) {
      assertOnly(options, ['range']);
      const answer = await send({ method: 'GET', key, headers: toRange(options.range) });
      return answer.status === 404 ? null : describeBody(key, answer);
    },
    async put(key: string, value: string | Uint8Array | ArrayBuffer, options: Put = {}) {
      assertOnly(options, ['sha256', 'onlyIf']);
      return putObject(send, key, toBytes(value), options);
    },
    async delete(keys: string | string[]) {
      const queue = [keys].flat().values();
      const work = async () => {
        for (const key of queue) await send({ method: 'DELETE', key });
      };
      await Promise.all(Array.from({ length: PARALLEL_DELETIONS }, work));
    },
    async list({ prefix = '', delimiter, limit, cursor, startAfter, ...rest }: R2ListOptions = {}) {
      assertOnly(rest, []);
      const query = {
        'list-type': '2',
        'encoding-type': 'url',
        prefix,
        ...(delimiter !== undefined && { delimiter }),
        ...(limit !== undefined && { 'max-keys': String(limit) }),
        ...(cursor !== undefined && { 'continuation-token': cursor }),
        ...(startAfter !== undefined && { 'start-after': startAfter }),
      };
      const { bytes } = await send({ method: 'GET', key: '', query });
      const { cursor: next, ...page } = parseListPage(new TextDecoder().decode(bytes));
      return next === undefined ? { ...page, truncated: false } : { ...page, truncated: true, cursor: next };
    },
  };
  return bucket as unknown as R2Bucket;
}

/** Null if the condition does not hold. */
async function putObject(
  send: S3Client,
  key: string,
  bytes: Uint8Array,
  { sha256, onlyIf }: Put,
): Promise<Pick<ListedObject, 'key' | 'size' | 'etag'> | null> {
  const headers = {
    ...toConditions(onlyIf),
    // R2 checks it on arrival and keeps it.
    ...(typeof sha256 === 'string' && { 'x-amz-checksum-sha256': Buffer.from(sha256, 'hex').toString('base64') }),
  };
  const { status, isRepeated } = await send({ method: 'PUT', key, headers, body: bytes });
  // R2's own, for what was uploaded in one part.
  const etag = createHash('md5').update(bytes).digest('hex');
  // An earlier attempt may have met the condition, and its answer was lost.
  if (status === 412 && !(isRepeated && (await readEtag(send, key)) === etag)) return null;
  return { key, size: bytes.length, etag };
}

const readEtag = async (send: S3Client, key: string): Promise<string | undefined> =>
  unquote((await send({ method: 'GET', key })).headers.get('etag'));

function toConditions(onlyIf: Put['onlyIf']): Record<string, string> {
  const { etagMatches, etagDoesNotMatch, ...rest } = (onlyIf ?? {}) as R2Conditional;
  assertOnly(rest, []);
  return {
    ...(etagMatches !== undefined && { 'if-match': quote(etagMatches) }),
    ...(etagDoesNotMatch !== undefined && { 'if-none-match': quote(etagDoesNotMatch) }),
  };
}

const quote = (etag: string): string => (etag === '*' ? etag : `"${etag}"`);
const unquote = (etag: string | null): string | undefined => etag?.replace(/^W\//, '').replaceAll('"', '');

function toRange(range: R2GetOptions['range']): Record<string, string> {
  if (range === undefined) return {};
  const { offset, length } = range as { offset: number; length: number };
  return { range: `bytes=${offset}-${offset + length - 1}` };
}

const toBytes = (value: string | Uint8Array | ArrayBuffer): Uint8Array =>
  typeof value === 'string' ? new TextEncoder().encode(value) : new Uint8Array(value as ArrayBuffer);

/** The whole body is there already: an answer that breaks off is repeated as a whole. */
function describeBody(key: string, { headers, bytes }: S3Answer) {
  const read = () => new Response(bytes);
  return {
    key,
    size: bytes.length,
    etag: unquote(headers.get('etag')) ?? '',
    uploaded: new Date(headers.get('last-modified') ?? 0),
    get body() {
      return read().body;
    },
    arrayBuffer: () => read().arrayBuffer(),
    json: () => read().json(),
    text: () => read().text(),
  };
}

/** An option that is ignored would change what a call means. */
function assertOnly(options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`commands cannot use the option ${unknown} of an account’s bucket`);
}
