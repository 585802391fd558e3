// The files of the stand-in's R2 buckets, over the part of S3's API that commands call. It refuses what R2 refuses: a
// wrong signature, a body that differs from its digest, a condition that does not hold, an unknown request.

import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Refusal } from './account.ts';

const PAGE_MAX = 1_000;
const SKEW_MAX_MS = 15 * 60_000;

export interface StoredFile {
  bytes: Buffer;
  etag: string;
  uploaded: Date;
  /** In base64, if the upload named it. */
  sha256: string | undefined;
}
export type Files = Map<string, StoredFile>;

export interface StorageAnswer {
  status: number;
  headers: Record<string, string>;
  body: Buffer | string;
}
interface StorageRequest {
  method: string;
  url: URL;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

const digest = (algorithm: string, data: Buffer | string) => createHash(algorithm).update(data);

/** R2's keys of an API token are its id, and its own sha256. */
export function assertSigned({ method, url, headers, body }: StorageRequest, tokenId: string, token: string): void {
  const { authorization = '', 'x-amz-date': date = '', 'x-amz-content-sha256': bodyDigest } = headers;
  const [, credential = '', names = '', signature] =
    /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=(\w+)$/.exec(authorization) ?? [];
  const [id, day, region, service, end] = credential.split('/');
  if (id !== tokenId) throw new Refusal(403, 0, 'InvalidAccessKeyId');
  const signed = names.split(';');
  const mustBeSigned = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))];
  if (mustBeSigned.some((name) => !signed.includes(name))) throw new Refusal(403, 0, 'AccessDenied');
  const [, y, m, d, h, min, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(date)) ?? [];
  const at = Date.parse(`${y}-${m}-${d}T${h}:${min}:${s}Z`);
  if (!(Math.abs(Date.now() - at) < SKEW_MAX_MS)) throw new Refusal(403, 0, 'RequestTimeTooSkewed');
  const canonical = `${method}\n${url.pathname}\n${url.search.slice(1).split('&').sort().join('&')}\n${signed
    .map((name) => `${name}:${headers[name]}\n`)
    .join('')}\n${names}\n${bodyDigest}`;
  const scope = `${day}/${region}/${service}/${end}`;
  if (!scope.endsWith('/auto/s3/aws4_request')) throw new Refusal(400, 0, 'InvalidRegionName');
  const text = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${digest('sha256', canonical).digest('hex')}`;
  const sign = (key: Buffer | string, data: string) => createHmac('sha256', key).update(data).digest();
  const secret = digest('sha256', token).digest('hex');
  const key = sign(sign(sign(sign(`AWS4${secret}`, day!), region!), service!), end!);
  if (sign(key, text).toString('hex') !== signature) throw new Refusal(403, 0, 'SignatureDoesNotMatch');
  if (bodyDigest !== digest('sha256', body).digest('hex')) throw new Refusal(400, 0, 'XAmzContentSHA256Mismatch');
}

/** `key`: '' for the bucket itself. */
export function answerStorage(files: Files, key: string, { method, url, headers, body }: StorageRequest) {
  if (key === '' && method === 'GET' && url.searchParams.get('list-type') === '2') return list(files, url.searchParams);
  if (key === '' || url.search !== '') throw new Refusal(501, 0, 'NotImplemented');
  if (method === 'GET') return get(files, key, headers.range);
  if (method === 'PUT') return put(files, key, headers, body);
  if (method !== 'DELETE') throw new Refusal(501, 0, 'NotImplemented');
  files.delete(key);
  return answer(204, {}, '');
}

const answer = (status: number, headers: Record<string, string>, body: Buffer | string): StorageAnswer => ({
  status,
  headers,
  body,
});

function get(files: Files, key: string, range: string | undefined): StorageAnswer {
  const file = files.get(key);
  if (file === undefined) throw new Refusal(404, 0, 'NoSuchKey');
  const headers = { etag: `"${file.etag}"`, 'last-modified': file.uploaded.toUTCString() };
  if (range === undefined) return answer(200, headers, file.bytes);
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
  if (!(Number(from) < file.bytes.length)) throw new Refusal(416, 0, 'InvalidRange');
  return answer(206, headers, file.bytes.subarray(Number(from), Number(to) + 1));
}

function put(files: Files, key: string, headers: IncomingMessage['headers'], body: Buffer): StorageAnswer {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch, 'x-amz-checksum-sha256': sha256 } = headers;
  const before = files.get(key);
  const matches = (etags: string) => before !== undefined && (etags === '*' || etags === `"${before.etag}"`);
  if ((ifMatch !== undefined && !matches(ifMatch)) || (ifNoneMatch !== undefined && matches(ifNoneMatch)))
    throw new Refusal(412, 0, 'PreconditionFailed');
  if (sha256 !== undefined && sha256 !== digest('sha256', body).digest('base64'))
    throw new Refusal(400, 0, 'BadDigest');
  const etag = digest('md5', body).digest('hex');
  files.set(key, { bytes: body, etag, uploaded: new Date(), sha256: sha256 as string | undefined });
  return answer(200, { etag: `"${etag}"` }, '');
}

function list(files: Files, query: URLSearchParams): StorageAnswer {
  const read = (name: string) => query.get(name) ?? '';
  const [prefix, delimiter] = [read('prefix'), read('delimiter')];
  const after = query.has('continuation-token')
    ? Buffer.from(read('continuation-token'), 'base64url').toString()
    : read('start-after');
  // One entry for all keys that are the same up to the delimiter.
  const entries = new Map<string, StoredFile | undefined>();
  for (const key of [...files.keys()].sort()) {
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const name = end < 0 ? key : key.slice(0, end + delimiter.length);
    if (key.startsWith(prefix) && name > after) entries.set(name, end < 0 ? files.get(key) : undefined);
  }
  const limit = Math.min(PAGE_MAX, Number(query.get('max-keys') ?? PAGE_MAX));
  const page = [...entries].slice(0, limit);
  const encode = (text: string) => encodeURIComponent(text).replaceAll('%2F', '/');
  const next = Buffer.from(page.at(-1)?.[0] ?? '').toString('base64url');
  const described = page.map(([name, file]) =>
    file === undefined
      ? `<CommonPrefixes><Prefix>${encode(name)}</Prefix></CommonPrefixes>`
      : `<Contents><Key>${encode(name)}</Key><LastModified>${file.uploaded.toISOString()}</LastModified>` +
        `<ETag>&quot;${file.etag}&quot;</ETag><Size>${file.bytes.length}</Size></Contents>`,
  );
  const isTruncated = entries.size > page.length;
  const token = isTruncated ? `<NextContinuationToken>${next}</NextContinuationToken>` : '';
  return answer(
    200,
    { 'content-type': 'application/xml' },
    '<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
      `<IsTruncated>${isTruncated}</IsTruncated>${token}` +
      `<Prefix>${encode(prefix)}</Prefix>${described.join('')}</ListBucketResult>`,
  );
}

export const describeRefusal = ({ status, message }: Refusal): StorageAnswer =>
  answer(status, { 'content-type': 'application/xml' }, `<Error><Code>${message}</Code></Error>`);
