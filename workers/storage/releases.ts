// Model releases in R2: reading the pointer and the manifest. (The trainer's side, publishing, belongs here too.)

import { RELEASE_POINTER_KEY } from '../../models/contracts/layout.ts';
import { ReleaseManifest, ReleasePointer } from '../../models/contracts/release.ts';
import { sha256Hex } from './digest.ts';

/** Which release is in use; undefined before the first. */
export async function readPointer(bucket: R2Bucket): Promise<ReleasePointer | undefined> {
  const object = await bucket.get(RELEASE_POINTER_KEY);
  return object === null ? undefined : ReleasePointer.parse(await object.json());
}

/** The manifest that the pointer names. Throws where it is missing, changed or of another schema. */
export async function readManifest(bucket: R2Bucket, pointer: ReleasePointer): Promise<ReleaseManifest> {
  const object = await bucket.get(pointer.manifestKey);
  if (object === null) throw new Error(`${pointer.manifestKey} is missing`);
  const bytes = new Uint8Array(await object.arrayBuffer());
  if ((await sha256Hex(bytes)) !== pointer.manifestSha256)
    throw new Error(`${pointer.manifestKey} does not have the sha256 of the pointer`);
  return ReleaseManifest.parse(JSON.parse(new TextDecoder().decode(bytes)));
}
