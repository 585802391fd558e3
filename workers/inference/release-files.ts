// Reads the files of a release from this location's cache, or else from R2; verified either way.

import { sha256Hex } from '../../models/contracts/digest.ts';
import type { ReleaseFile } from '../../models/contracts/release.ts';
import { putFileAtLocation, readFileAtLocation } from '../storage/location-cache.ts';
import { readReleaseFile } from '../storage/releases.ts';

/** Throws if the file is missing or is not the one that the manifest names. */
export async function readCachedFile(bucket: R2Bucket, file: Pick<ReleaseFile, 'key' | 'sha256'>): Promise<Uint8Array> {
  const cached = await readFileAtLocation(file.key);
  if (cached !== undefined && (await sha256Hex(cached)) === file.sha256) return cached;
  const bytes = await readReleaseFile(bucket, file);
  await putFileAtLocation(file.key, bytes);
  return bytes;
}
