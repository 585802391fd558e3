// Deletes releases that nothing needs: all but the newest, or one that an operator names. What the pointer or an
// experiment names stays.

import { RELEASES_PREFIX } from '../../models/contracts/layout.ts';
import { fail, ok, type Result } from '../../models/contracts/result.ts';
import { readExperiments } from './experiments.ts';
import { listVersions, type Refusal } from './release-list.ts';
import { DAMAGED_POINTER, isDamaged, readStoredPointer } from './release-pointer.ts';
import type { Stores } from './stores.ts';

export interface OldRelease {
  version: string;
  files: readonly R2Object[];
}

/**
 * Beyond the newest `kept`, infinity for all. None while the pointer is damaged: nobody knows which release is in use.
 */
export async function listOldReleases(stores: Stores, kept: number): Promise<OldRelease[]> {
  const versions = Number.isFinite(kept) ? (await listVersions(stores.BUCKET)).slice(kept) : [];
  if (versions.length === 0) return [];
  const needs = await readNeeds(stores);
  if (!needs.ok) return [];
  const old = versions.filter((version) => !needs.value.has(version));
  return Promise.all(old.map(async (version) => ({ version, files: await listFiles(stores.BUCKET, version) })));
}

/** Returns the number of deleted files. */
export async function deleteOldReleases(stores: Stores, kept: number): Promise<number> {
  let deleted = 0;
  for (const { version } of await listOldReleases(stores, kept)) {
    // It looks again: somebody may have gone back to it since.
    const files = await deleteRelease(stores, version);
    if (files.ok) deleted += files.value;
  }
  return deleted;
}

/** Returns the number of deleted files; refuses if something needs the release, or there is none. */
export async function deleteRelease(stores: Stores, version: string): Promise<Result<number, Refusal>> {
  const files = await listFiles(stores.BUCKET, version);
  if (files.length === 0) return fail({ isMissing: true, reason: `There is no release “${version}”.` });
  const needs = await readNeeds(stores);
  if (!needs.ok) return fail({ isMissing: false, reason: `“${version}” stays: ${needs.error}.` });
  const need = needs.value.get(version);
  if (need !== undefined) return fail({ isMissing: false, reason: `“${version}” stays: ${need}.` });
  await stores.BUCKET.delete(files.map(({ key }) => key));
  return ok(files.length);
}

/** By version, why it is needed. */
async function readNeeds({ DB, BUCKET }: Stores): Promise<Result<Map<string, string>, string>> {
  const [stored, experiments] = await Promise.all([readStoredPointer(BUCKET), readExperiments(DB)]);
  if (isDamaged(stored)) return fail(DAMAGED_POINTER);
  const needs = new Map<string, string>();
  for (const { experiment } of experiments)
    if (experiment.state !== 'stopped')
      for (const { release } of experiment.variants)
        if (release !== undefined) needs.set(release, `the experiment ${experiment.experimentId} names it`);
  const { pointer } = stored;
  if (pointer?.previous) needs.set(pointer.previous.version, 'it is the one before, and stands in for the one in use');
  if (pointer !== undefined) needs.set(pointer.version, 'it is in use');
  return ok(needs);
}

/** A release has some six. */
const listFiles = async (bucket: R2Bucket, version: string): Promise<R2Object[]> =>
  (await bucket.list({ prefix: `${RELEASES_PREFIX}${version}/` })).objects;
