// Model releases in R2: per release a folder of files that never change. The pointer to the one in use:
// release-pointer.ts. Loading one into memory: workers/inference/release.ts.

import { z } from 'zod';
import { sha256Hex } from '../../models/contracts/digest.ts';
import { RELEASES_PREFIX, releaseKey } from '../../models/contracts/layout.ts';
import {
  type NamedRelease,
  RankingPart,
  RELEASE_SCHEMA,
  ReadManifest,
  type ReleaseFile,
  type ReleaseFiles,
  type ReleaseManifest,
  type ReleasePointer,
} from '../../models/contracts/release.ts';
import { explainUnsigned, listPublicKeys } from '../../models/contracts/release-signature.ts';
import { fail, ok, type Result } from '../../models/contracts/result.ts';
import { logError, logWarning } from '../logging/log.ts';
import { requestCanary } from './canary-request.ts';
import { publishPointer } from './publish-state.ts';
import { moveTo, readStoredPointer, writePointer } from './release-pointer.ts';

/** The bucket of the releases, and the keys of those who may publish. */
export type ReleaseEnv = Pick<Env, 'BUCKET' | 'RELEASE_KEYS'>;

/** This version serves the release nowhere: it is of an older schema, or not signed as RELEASE_KEYS demands. */
export class RefusedReleaseError extends Error {}

/**
 * Throws if the manifest is missing, changed, of another schema or release, or not signed as RELEASE_KEYS demands.
 * `readFile`: returns a file with its digest checked; by default it reads from R2.
 */
export async function readManifest(
  env: ReleaseEnv,
  named: NamedRelease,
  readFile: typeof readReleaseFile = readReleaseFile,
): Promise<ReadManifest> {
  const { manifestKey: key, manifestSha256, version } = named;
  const [bytes, signature] = await Promise.all([
    readFile(env.BUCKET, { key, sha256: manifestSha256 }),
    readSignature(env, version),
  ]);
  await assertSigned(env, bytes, signature);
  return parseManifest(key, version, bytes);
}

/** As readManifest, but a refused release counts as none, and is reported. */
export async function readAcceptedManifest(env: ReleaseEnv, named: NamedRelease): Promise<ReadManifest | undefined> {
  try {
    return await readManifest(env, named);
  } catch (error) {
    if (!(error instanceof RefusedReleaseError)) throw error;
    const { version: release } = named;
    logError('the release counts as none', { release, error: error.message });
    return undefined;
  }
}

/** A release by its version alone. Throws as readManifest does, but `missing` if there is none. */
export async function readStoredRelease(
  env: ReleaseEnv,
  version: string,
): Promise<{ named: NamedRelease; manifest: ReadManifest } | 'missing'> {
  const manifestKey = releaseKey(version, 'manifest.json');
  const [bytes, signature] = await Promise.all([readBytes(env.BUCKET, manifestKey), readSignature(env, version)]);
  if (bytes === undefined) return 'missing';
  await assertSigned(env, bytes, signature);
  const named = { version, manifestKey, manifestSha256: await sha256Hex(bytes) };
  return { named, manifest: parseManifest(manifestKey, version, bytes) };
}

/** Undefined if there is none, or nobody asks for one. */
async function readSignature({ BUCKET, RELEASE_KEYS }: ReleaseEnv, version: string): Promise<string | undefined> {
  if (listPublicKeys(RELEASE_KEYS).length === 0) return undefined;
  const bytes = await readBytes(BUCKET, releaseKey(version, 'manifest.sig'));
  return bytes && new TextDecoder().decode(bytes);
}

async function assertSigned(
  { RELEASE_KEYS = '' }: ReleaseEnv,
  manifest: Uint8Array,
  signature: string | undefined,
): Promise<void> {
  if (listPublicKeys(RELEASE_KEYS).length === 0) return;
  const refusal = await explainUnsigned(manifest, signature, RELEASE_KEYS);
  if (refusal !== undefined) throw new RefusedReleaseError(refusal);
}

function parseManifest(key: string, version: string, bytes: Uint8Array): ReadManifest {
  const manifest = JSON.parse(new TextDecoder().decode(bytes));
  const { schema } = manifest;
  const difference = `${key} is of schema ${schema}, but this version reads ${RELEASE_SCHEMA}`;
  if (schema < RELEASE_SCHEMA) throw new RefusedReleaseError(`${difference}: train again with this version`);
  if (schema !== RELEASE_SCHEMA) throw new Error(`${difference}: deploy the version that trained it`);
  const parsed = ReadManifest.parse(manifest);
  if (parsed.version !== version) throw new Error(`${key} is the manifest of ${parsed.version}, not of ${version}`);
  return parsed;
}

/** A file that the manifest names. Throws if it is missing or changed. */
export const readReleaseFile = (bucket: R2Bucket, file: Pick<ReleaseFile, 'key' | 'sha256'>): Promise<Uint8Array> =>
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
  /** True if the release is refused, and counts as none. */
  isRefused?: boolean;
}

export async function readCurrentRelease(env: ReleaseEnv): Promise<CurrentRelease> {
  const { etag, pointer } = await readStoredPointer(env.BUCKET);
  if (etag === undefined) return { etag, manifest: ok(undefined) };
  try {
    if (pointer === undefined) throw new Error('the pointer is damaged');
    const manifest = await readManifest(env, pointer);
    return { etag, manifest: ok({ ...manifest, ranking: RankingPart.safeParse(manifest.ranking).data ?? null }) };
  } catch (error) {
    const manifest = fail(`the release in use cannot be read: ${(error as Error).message}`);
    return { etag, manifest, isRefused: error instanceof RefusedReleaseError };
  }
}

interface PublishOptions {
  /** Returns the signature of the manifest's bytes, in base64url. */
  sign?: ((manifest: Uint8Array) => string) | undefined;
  /** Asks for a canary instead of moving the pointer, if there is a release to compare with. */
  canaryShare?: number | undefined;
}

export interface Publication {
  pointer: ReleasePointer;
  /** True if the pointer is pinned and was left where it is. */
  isPinned: boolean;
  /** True if the pointer was left where it is until a canary has shown that the release is as good. */
  isCanary: boolean;
}

/**
 * Uploads the files, reads them back, and only then moves the pointer, if it is not pinned and still has the `etag`
 * that was read before training. Otherwise another release was published since, with which this one was not compared.
 * `now`: epoch milliseconds.
 */
export async function publishRelease(
  bucket: R2Bucket,
  { manifest, model, vocabulary, neighbours, ranking }: ReleaseFiles,
  etag: string | undefined,
  now: number,
  { sign, canaryShare }: PublishOptions = {},
): Promise<Result<Publication, string>> {
  const bytes = new TextEncoder().encode(JSON.stringify(manifest, null, 2));
  const manifestFile = {
    key: releaseKey(manifest.version, 'manifest.json'),
    bytes: bytes.length,
    sha256: await sha256Hex(bytes),
  };
  // It may be written again, by another key.
  if (sign !== undefined) await bucket.put(releaseKey(manifest.version, 'manifest.sig'), sign(bytes));
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
  const stored = await readStoredPointer(bucket);
  if (stored.pointer?.pinned) return ok({ pointer: stored.pointer, isPinned: true, isCanary: false });
  const { version } = manifest;
  if (canaryShare !== undefined && stored.pointer !== undefined) {
    await requestCanary(bucket, { version, share: canaryShare });
    return ok({ pointer: stored.pointer, isPinned: false, isCanary: true });
  }
  const named = { version, manifestKey: manifestFile.key, manifestSha256: manifestFile.sha256 };
  const pointer = moveTo(named, stored.pointer, now);
  if (stored.etag !== etag || !(await writePointer(bucket, pointer, etag)))
    return fail(
      'not put into use: the release in use changed meanwhile. Train again to compare with it, or activate ' +
        `${version}, whose files are published`,
    );
  // The Worker's cron would publish the pointer, too.
  await publishPointer(bucket, now).catch((error) =>
    logWarning('the pointer is not published yet', { error: (error as Error).message }),
  );
  return ok({ pointer, isPinned: false, isCanary: false });
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
