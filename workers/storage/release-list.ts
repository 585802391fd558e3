// The releases in R2, for operators: lists them, puts one into use. Serving reads only those that the pointer names.

import { RELEASES_PREFIX } from '../../models/contracts/layout.ts';
import {
  type ListedRelease,
  type NamedRelease,
  RankingPart,
  type ReadManifest,
  type ReleaseFile,
  type ReleasePointer,
} from '../../models/contracts/release.ts';
import { fail, ok, type Result } from '../../models/contracts/result.ts';
import { changePointer, moveTo } from './release-pointer.ts';
import { R2UnavailableError, type ReleaseEnv, readStoredRelease } from './releases.ts';

/** Newest first, since versions begin with their time; only those before `before`, if given. */
export async function listReleases(
  env: ReleaseEnv,
  before: string | undefined,
  limit: number,
): Promise<ListedRelease[]> {
  const versions = await listVersions(env.BUCKET);
  const page = versions.filter((version) => before === undefined || version < before).slice(0, limit);
  return Promise.all(page.map((version) => describeRelease(env, version)));
}

/** Newest first. */
export async function listVersions(bucket: R2Bucket): Promise<string[]> {
  const versions: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await bucket.list({ prefix: RELEASES_PREFIX, delimiter: '/', ...(cursor && { cursor }) });
    for (const prefix of page.delimitedPrefixes) versions.push(prefix.slice(RELEASES_PREFIX.length, -1));
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  return versions.sort().reverse();
}

/** Undefined if nothing was ever published under the version. */
export async function findRelease(env: ReleaseEnv, version: string): Promise<ListedRelease | undefined> {
  const { objects } = await env.BUCKET.list({ prefix: `${RELEASES_PREFIX}${version}/`, limit: 1 });
  return objects.length === 0 ? undefined : describeRelease(env, version);
}

async function describeRelease(env: ReleaseEnv, version: string): Promise<ListedRelease> {
  try {
    const release = await readStoredRelease(env, version);
    if (release === 'missing') return { version, failure: 'its manifest is missing', summary: null };
    return { version, failure: null, summary: summarise(release.manifest) };
  } catch (error) {
    return { version, failure: (error as Error).message, summary: null };
  }
}

function summarise(manifest: ReadManifest): ListedRelease['summary'] {
  const { algorithm, parameters, createdAt, items, data, metrics, trainSeconds } = manifest;
  const ranking = RankingPart.safeParse(manifest.ranking).data?.metrics ?? null;
  const facts = { algorithm, parameters, createdAt, items, data, metrics, trainSeconds };
  return { ...facts, modelBytes: manifest.model.bytes, ranking };
}

export interface Refusal {
  isMissing: boolean;
  reason: string;
}

interface Activation {
  /** True for a release that could not be loaded. */
  isBroken?: (version: string) => boolean;
  /** False if the pointer must stay; by default it may move. */
  mayMove?: (pointer: ReleasePointer | undefined) => boolean;
}

/**
 * Points to a release that is complete. `now`: epoch milliseconds. Throws if R2 cannot be read or written.
 */
export async function activateRelease(
  env: ReleaseEnv,
  version: string,
  now: number,
  { isBroken, mayMove = () => true }: Activation = {},
): Promise<Result<ReleasePointer, Refusal>> {
  const named = await readWholeRelease(env, version);
  if (!named.ok) return named;
  const pointer = await changePointer(env.BUCKET, (from) => {
    if (!mayMove(from)) return undefined;
    return from?.version === version && from.manifestSha256 === named.value.manifestSha256
      ? from
      : moveTo(named.value, from, now, isBroken);
  });
  return pointer === undefined
    ? fail({ isMissing: false, reason: 'The release in use was changed or pinned meanwhile.' })
    : ok(pointer);
}

/** A release that can be served: signed as RELEASE_KEYS demands, with all its files. Throws if R2 cannot be read. */
export async function readWholeRelease(env: ReleaseEnv, version: string): Promise<Result<NamedRelease, Refusal>> {
  try {
    const release = await readStoredRelease(env, version);
    if (release === 'missing') return fail({ isMissing: true, reason: `There is no release “${version}”.` });
    await assertWhole(env.BUCKET, release.manifest);
    return ok(release.named);
  } catch (error) {
    if (error instanceof R2UnavailableError) throw error;
    return fail({ isMissing: false, reason: `“${version}” cannot be put into use: ${(error as Error).message}.` });
  }
}

/** Throws if a file is missing or was changed. */
async function assertWhole(bucket: R2Bucket, manifest: ReadManifest): Promise<void> {
  const ranking = RankingPart.safeParse(manifest.ranking).data?.model;
  const files = [manifest.model, manifest.vocabulary, manifest.neighbours, ...(ranking ? [ranking] : [])];
  await Promise.all(files.map((file) => assertStored(bucket, file)));
}

async function assertStored(bucket: R2Bucket, { key, sha256, bytes }: ReleaseFile): Promise<void> {
  const object = await bucket.head(key).catch((error: Error) => {
    throw new R2UnavailableError(`${key} cannot be read: ${error.message}`, { cause: error });
  });
  if (object === null) throw new Error(`${key} is missing`);
  // R2 has the digest that it checked on arrival; a file that was copied by other means may have none.
  const stored = object.checksums.toJSON().sha256;
  if (stored === undefined ? object.size !== bytes : stored !== sha256)
    throw new Error(`${key} is not the file that was published`);
}
