// Signs requests to R2's S3 API: AWS Signature Version 4
// (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html). It sends nothing.

import { createHash, createHmac } from 'node:crypto';

export interface S3Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

export interface RequestToSign {
  method: string;
  /** Its path and query are encoded by `encodeS3`. */
  url: URL;
  /** Sent as given; all of them are signed. */
  headers: Readonly<Record<string, string>>;
  /** In hexadecimal digits. */
  bodySha256: string;
  credentials: S3Credentials;
  /** R2 has one region, `auto`. */
  region: string;
  /** Epoch milliseconds; the server refuses more than 15 minutes of difference. */
  now: number;
}

/** Encodes a part of a path or of a query as S3 does. */
export const encodeS3 = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** Returns all headers to send: the given ones and those of the signature. */
export function signRequest(request: RequestToSign): Record<string, string> {
  const { method, url, headers, bodySha256, credentials, region, now } = request;
  const time = new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const sent = { ...headers, 'x-amz-content-sha256': bodySha256, 'x-amz-date': time };
  const signed = Object.entries({ ...sent, host: url.host }).sort(([a], [b]) => (a < b ? -1 : 1));
  const names = signed.map(([name]) => name).join(';');
  const canonical = [
    method,
    url.pathname,
    url.search.slice(1).split('&').sort().join('&'),
    ...signed.map(([name, value]) => `${name}:${value.trim()}`),
    '',
    names,
    bodySha256,
  ].join('\n');
  const scope = [time.slice(0, 8), region, 's3', 'aws4_request'];
  const toSign = ['AWS4-HMAC-SHA256', time, scope.join('/'), sha256Hex(canonical)].join('\n');
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${credentials.secretAccessKey}`);
  const signature = hmac(key, toSign).toString('hex');
  const credential = `${credentials.accessKeyId}/${scope.join('/')}`;
  return {
    ...sent,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential},SignedHeaders=${names},Signature=${signature}`,
  };
}

export const sha256Hex = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
