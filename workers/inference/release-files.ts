// Reads the files of a release from this location's cache, or else from R2; verified either way. The cache only saves
// time: its failures are logged and ignored.

import { sha256Hex } from '../../models/contracts/digest.ts';
import type { ReleaseFile } from '../../models/contracts/release.ts';
import { readReleaseFile } from '../storage/releases.ts';

/** Keys never change their content. */
const CACHED_HEADERS = { 'cache-control': 'public, max-age=604800, immutable' };

/** Throws if the file is missing or is not the one that the manifest names. */
export async function readCachedFile(bucket: R2Bucket, file: ReleaseFile): Promise<Uint8Array> {
  const url = `https://releases.invalid/${file.key}`;
  const cached = await ignoreFailure(async () => {
    const response = await caches.default.match(url);
    return response && new Uint8Array(await response.arrayBuffer());
  });
  if (cached !== undefined && (await sha256Hex(cached)) === file.sha256) return cached;
  const bytes = await readReleaseFile(bucket, file);
  await ignoreFailure(() => caches.default.put(url, new Response(bytes, { headers: CACHED_HEADERS })));
  return bytes;
}

let isFailureLogged = false;

async function ignoreFailure<T>(useCache: () => Promise<T>): Promise<T | undefined> {
  try {
    return await useCache();
  } catch (error) {
    if (!isFailureLogged)
      console.error(JSON.stringify({ alert: 'the cache of release files fails', error: `${error}` }));
    isFailureLogged = true;
    return undefined;
  }
}
