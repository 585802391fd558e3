// Deletes files in R2 that no snapshot needs: those that newer ones replaced, and those that an export or a compaction
// wrote before it died. Both stay for a while, for readers of an earlier manifest and for writers that still work.

import { LOG_PREFIX, SNAPSHOT_POINTER_KEY } from '../../models/contracts/layout.ts';
import type { SnapshotManifest } from '../../models/contracts/snapshot.ts';
import { editSnapshot, readSnapshotManifest, readSnapshotOrEmpty } from './snapshots.ts';

/** Keys of one call. */
const KEYS_MAX = 1_000;

/**
 * Returns the number of deleted files. `now`: epoch milliseconds. `graceMs`: longer than any training reads a snapshot.
 */
export async function deleteUnnamedFiles(bucket: R2Bucket, now: number, graceMs: number): Promise<number> {
  const before = now - graceMs;
  const unnamed = (await listUnnamedFiles(bucket, before)).map(({ key }) => key);
  let deleted = 0;
  for (let from = 0; from < unnamed.length; from += KEYS_MAX) {
    // Read again, because a writer may have found its file in R2 and named it since.
    const needed = collectKeys(await readSnapshotOrEmpty(bucket), before);
    const keys = unnamed.slice(from, from + KEYS_MAX).filter((key) => !needed.has(key));
    if (keys.length > 0) await bucket.delete(keys);
    deleted += keys.length;
  }
  await editSnapshot(bucket, now, ({ retired }) => {
    const kept = retired.filter(({ at }) => at >= before);
    return kept.length < retired.length ? { retired: kept } : undefined;
  });
  return deleted;
}

/** Files that no snapshot needs, if they were written and replaced before a time (epoch milliseconds). */
export async function listUnnamedFiles(bucket: R2Bucket, before: number): Promise<R2Object[]> {
  const old = await listOldFiles(bucket, before);
  // Read after the list: what has been named since is not deleted.
  const manifest = await readSnapshotManifest(bucket);
  if (manifest === undefined) return [];
  const needed = collectKeys(manifest, before);
  return old.filter(({ key }) => !needed.has(key));
}

/** Files written before a time, also those of snapshots of the first schema. */
async function listOldFiles(bucket: R2Bucket, before: number): Promise<R2Object[]> {
  const files: R2Object[] = [];
  for (const prefix of [LOG_PREFIX, 'snapshots/']) {
    let cursor: string | undefined;
    do {
      const page = await bucket.list({ prefix, ...(cursor === undefined ? {} : { cursor }) });
      files.push(...page.objects.filter(({ uploaded }) => uploaded.getTime() < before));
      cursor = page.truncated ? page.cursor : undefined;
    } while (cursor !== undefined);
  }
  return files;
}

function collectKeys({ events, slates, items, merges, retired }: SnapshotManifest, before: number): Set<string> {
  const files = [...events, ...slates, ...merges, ...(items === null ? [] : [items])];
  const recent = retired.filter(({ at }) => at >= before);
  return new Set([SNAPSHOT_POINTER_KEY, ...[...files, ...recent].map(({ key }) => key)]);
}
