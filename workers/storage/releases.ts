// Model releases in R2: per release a folder of files that never change, and one pointer to the release in use. Loading
// them into memory: workers/inference/release.ts.

import { z } from 'zod';
import { sha256Hex } from '../../models/contracts/digest.ts';
import { RELEASE_POINTER_KEY, RELEASES_PREFIX, releaseKey } from '../../models/contracts/layout.ts';
import {
  RankingPart,
  RELEASE_SCHEMA,
  ReadManifest,
  type ReleaseFile,
  type ReleaseFiles,
  type ReleaseManifest,
  ReleasePointer,
} from '../../models/contracts/release.ts';
import { fail, ok, type Result } from '../../models/contracts/result.ts';

/** Undefined before the first release. */
export async function readPointer(bucket: R2Bucket): Promise<ReleasePointer | undefined> {
  const object = await bucket.get(RELEASE_POINTER_KEY);
  return object === null ? undefined : ReleasePointer.parse(await object.json());
}

/** The manifest that the pointer names. Throws if it is missing, changed or of another schema. */
export async function readManifest(bucket: R2Bucket, pointer: ReleasePointer): Promise<ReadManifest> {
  const bytes = await readVerified(bucket, pointer.manifestKey, pointer.manifestSha256);
  const manifest = JSON.parse(new TextDecoder().decode(bytes));
  const { schema } = manifest;
  if (schema !== RELEASE_SCHEMA)
    throw new Error(
      `${pointer.manifestKey} is of schema ${schema}, but this version reads ${RELEASE_SCHEMA}: ` +
        (schema < RELEASE_SCHEMA ? 'train again with this version' : 'deploy the version that trained it'),
    );
  return ReadManifest.parse(manifest);
}

/** A file that the manifest names. Throws if it is missing or changed. */
export const readReleaseFile = (bucket: R2Bucket, file: ReleaseFile): Promise<Uint8Array> =>
  readVerified(bucket, file.key, file.sha256);

/** R2 could not be read, which says nothing about the release. */
export class R2UnavailableError extends Error {}

async function readVerified(bucket: R2Bucket, key: string, sha256: string): Promise<Uint8Array> {
  const bytes = await readBytes(bucket, key);
  if (bytes === undefined) throw new Error(`${key} is missing`);
  if ((await sha256Hex(bytes)) !== sha256) throw new Error(`${key} does not have the sha256 it was published with`);
  return bytes;
}

async function readBytes(bucket: R2Bucket, key: string): Promise<Uint8Array | undefined> {
  try {
    const object = await bucket.get(key);
    return object === null ? undefined : new Uint8Array(await object.arrayBuffer());
  } catch (error) {
    throw new R2UnavailableError(`${key} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

/** The release in use, as a trainer sees it before it starts. */
interface CurrentRelease {
  /** The pointer's, for `publishRelease`; undefined before the first release. */
  etag: string | undefined;
  /**
   * Undefined before the first release; an error if the pointer or the manifest is broken. A ranking part of another
   * version counts as none.
   */
  manifest: Result<ReleaseManifest | undefined, string>;
}

export async function readCurrentRelease(bucket: R2Bucket): Promise<CurrentRelease> {
  const object = await bucket.get(RELEASE_POINTER_KEY);
  if (object === null) return { etag: undefined, manifest: ok(undefined) };
  const { etag } = object;
  try {
    const manifest = await readManifest(bucket, ReleasePointer.parse(await object.json()));
    return { etag, manifest: ok({ ...manifest, ranking: RankingPart.safeParse(manifest.ranking).data ?? null }) };
  } catch (error) {
    return { etag, manifest: fail(`the release in use cannot be read: ${(error as Error).message}`) };
  }
}

/**
 * Uploads the files, reads them back, and only then moves the pointer, if it still has the `etag` that was read before
 * training. Otherwise another release was published since, with which this one was not compared. `now`: epoch
 * milliseconds.
 */
export async function publishRelease(
  bucket: R2Bucket,
  { manifest, model, vocabulary, neighbours, ranking }: ReleaseFiles,
  etag: string | undefined,
  now: number,
): Promise<Result<ReleasePointer, string>> {
  const bytes = new TextEncoder().encode(JSON.stringify(manifest, null, 2));
  const manifestFile = {
    key: releaseKey(manifest.version, 'manifest.json'),
    bytes: bytes.length,
    sha256: await sha256Hex(bytes),
  };
  for (const [file, content] of [
    [manifest.model, model],
    [manifest.vocabulary, vocabulary],
    [manifest.neighbours, neighbours],
    ...(manifest.ranking !== null && ranking !== undefined ? ([[manifest.ranking.model, ranking]] as const) : []),
    [manifestFile, bytes],
  ] as const) {
    // R2 checks the digest on arrival. If the key is taken, nothing is written: reading back tells whether an earlier
    // attempt put the same bytes there.
    await bucket.put(file.key, content, { sha256: file.sha256, onlyIf: CREATE_ONLY });
    try {
      await readReleaseFile(bucket, file);
    } catch (error) {
      return fail(`not published: ${(error as Error).message}`);
    }
  }
  const pointer: ReleasePointer = {
    version: manifest.version,
    manifestKey: manifestFile.key,
    manifestSha256: manifestFile.sha256,
    movedAt: new Date(now).toISOString(),
  };
  const moved = await bucket.put(RELEASE_POINTER_KEY, JSON.stringify(pointer), {
    onlyIf: etag === undefined ? CREATE_ONLY : { etagMatches: etag },
  });
  if (moved === null)
    return fail('not published: another release was published meanwhile. Train again, to be compared with it');
  return ok(pointer);
}

const RELEASES_PER_PAGE = 100;

/**
 * The version of the first release whose models were all trained on the snapshot or a later one; undefined if there is
 * none. Versions of snapshots and releases begin with their time.
 */
export async function findReleaseSince(bucket: R2Bucket, snapshot: string): Promise<string | undefined> {
  // Versions of releases have no milliseconds.
  const startAfter = RELEASES_PREFIX + snapshot.slice(0, 'YYYYMMDDThhmmss'.length);
  let cursor: string | undefined;
  do {
    const page = await bucket.list({
      prefix: RELEASES_PREFIX,
      delimiter: '/',
      limit: RELEASES_PER_PAGE,
      ...(cursor === undefined ? { startAfter } : { cursor }),
    });
    for (const prefix of page.delimitedPrefixes) {
      const version = prefix.slice(RELEASES_PREFIX.length, -1);
      const object = await bucket.get(releaseKey(version, 'manifest.json'));
      if (object !== null && isTrainedSince(await object.json(), snapshot)) return version;
    }
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  return undefined;
}

const TrainedOn = z.object({
  data: z.object({ snapshot: z.string() }),
  ranking: z.object({ snapshot: z.string() }).nullable(),
});

/** A ranking model that was kept from an earlier release counts by its own snapshot. */
function isTrainedSince(manifest: unknown, snapshot: string): boolean {
  const { data: known } = TrainedOn.safeParse(manifest);
  return (
    known !== undefined &&
    known.data.snapshot >= snapshot &&
    (known.ranking === null || known.ranking.snapshot >= snapshot)
  );
}

const CREATE_ONLY: R2Conditional = { etagDoesNotMatch: '*' };
