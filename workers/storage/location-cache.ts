// The cache of the Cloudflare location that this isolate runs at: what one isolate there has read from R2, the others
// need not read again. It only saves time: without it everything is read from R2, and failures are logged and ignored.

import { sha256Hex } from '../../models/contracts/digest.ts';
import { logWarning } from '../logging/log.ts';

/** Files under a key never change. */
const FILE_HEADERS = { 'cache-control': 'public, max-age=604800, immutable' };

/** The path of this Worker; undefined until it is read. */
let ownPath: string | undefined;

/** URL of a key in the cache. All Workers of a zone share one, such as those of several environments. */
export async function locate(key: string): Promise<string> {
  ownPath ??= await readOwnPath();
  return `https://bucket.invalid/${ownPath}${key}`;
}

/** Ids of objects follow from their namespace, which no other Worker has. Empty in Node. */
async function readOwnPath(): Promise<string> {
  if (navigator.userAgent !== 'Cloudflare-Workers') return '';
  const { env } = await import('cloudflare:workers');
  return `${env.USER_SIGNALS.idFromName('location')}/`;
}

/** Undefined if the location does not have it. */
export const matchAtLocation = (key: string): Promise<Response | undefined> =>
  ignoreFailure(async () => caches.default.match(await locate(key)));

export const putAtLocation = (key: string, body: BodyInit, headers: Record<string, string>): Promise<void> =>
  ignoreFailure(async () => caches.default.put(await locate(key), new Response(body, { headers })));

/** A file that never changes, unverified; undefined if the location does not have it. */
export async function readFileAtLocation(key: string): Promise<Uint8Array | undefined> {
  const response = await matchAtLocation(key);
  return response && ignoreFailure(async () => new Uint8Array(await response.arrayBuffer()));
}

export const putFileAtLocation = (key: string, bytes: Uint8Array): Promise<void> =>
  putAtLocation(key, bytes, FILE_HEADERS);

/** A file that never changes, from the location or else from R2. Throws if it is missing or R2 cannot be read. */
export async function readThroughLocation(bucket: R2Bucket, key: string): Promise<Uint8Array> {
  const cached = await readFileAtLocation(key);
  if (cached !== undefined) return cached;
  const object = await bucket.get(key);
  if (object === null) throw new Error(`${key} is missing`);
  const bytes = new Uint8Array(await object.arrayBuffer());
  await putFileAtLocation(key, bytes);
  return bytes;
}

/** A file is missing, or is not the one that was written: what it was made from can still be read. */
export class DamagedFileError extends Error {}

/**
 * As readThroughLocation, but what has another digest is not served: the location's copy is replaced, and R2's is a
 * DamagedFileError.
 */
export async function readVerifiedThroughLocation(
  bucket: R2Bucket,
  { key, sha256 }: { key: string; sha256: string },
): Promise<Uint8Array> {
  const cached = await readFileAtLocation(key);
  if (cached !== undefined && (await sha256Hex(cached)) === sha256) return cached;
  const object = await bucket.get(key);
  if (object === null) throw new DamagedFileError(`${key} is missing`);
  const bytes = new Uint8Array(await object.arrayBuffer());
  if ((await sha256Hex(bytes)) !== sha256)
    throw new DamagedFileError(`${key} does not have the sha256 it was published with`);
  await putFileAtLocation(key, bytes);
  return bytes;
}

let isFailureLogged = false;

async function ignoreFailure<T>(useCache: () => Promise<T>): Promise<T | undefined> {
  try {
    return await useCache();
  } catch (error) {
    if (!isFailureLogged) logWarning('the cache of the location fails', { error: `${error}` });
    isFailureLogged = true;
    return undefined;
  }
}
