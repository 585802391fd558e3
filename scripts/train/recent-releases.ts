// Reads the last releases, with the best of which a new one is compared.

import { RECENT_MAX } from '../../models/release/gate.ts';
import type { EarlierRelease } from '../../models/release/train-release.ts';
import { listReleases, listVersions } from '../../workers/storage/release-list.ts';
import { type ReleaseEnv, readReleaseFile, readStoredRelease } from '../../workers/storage/releases.ts';

/**
 * Returns the last releases besides the one in use; with it, RECENT_MAX at most. Leaves out those that cannot be read,
 * such as releases of another schema, and reports them.
 */
export async function readRecentReleases(env: ReleaseEnv, inUse: string | undefined): Promise<EarlierRelease[]> {
  const versions = (await listVersions(env.BUCKET)).filter((version) => version !== inUse);
  const recent: EarlierRelease[] = [];
  const unread: string[] = [];
  for (const version of versions.slice(0, inUse === undefined ? RECENT_MAX : RECENT_MAX - 1))
    try {
      recent.push(await readEarlierRelease(env, version));
    } catch (error) {
      unread.push(`${version}: ${(error as Error).message}`);
    }
  if (unread.length > 0)
    console.error(`Not compared with ${unread.length} earlier releases that cannot be read, such as ${unread[0]}`);
  return recent;
}

/** The snapshot of the newest release, in use or not; '' if there is none, or it cannot be read. */
export async function readNewestSnapshot(env: ReleaseEnv): Promise<string> {
  const [newest] = await listReleases(env, undefined, 1);
  return newest?.summary?.data.snapshot ?? '';
}

async function readEarlierRelease(env: ReleaseEnv, version: string): Promise<EarlierRelease> {
  const release = await readStoredRelease(env, version);
  if (release === 'missing') throw new Error('its manifest is missing');
  const { vocabulary, model, data } = release.manifest;
  const itemIds: string[] = JSON.parse(new TextDecoder().decode(await readReleaseFile(env.BUCKET, vocabulary)));
  return { version, itemIds, model: await readReleaseFile(env.BUCKET, model), countedUntil: data.countedUntil };
}
