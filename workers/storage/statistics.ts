// The statistics in R2: a file that never changes for each run of the statistics job. The published state names the
// newest (publish-state.ts). It computes nothing.

import { sha256Hex } from '../../models/contracts/digest.ts';
import { STATISTICS_PREFIX } from '../../models/contracts/layout.ts';
import { Statistics } from '../../models/contracts/statistics.ts';
import { readThroughLocation } from './location-cache.ts';

/** Statistics as an isolate caches them. */
export interface LoadedStatistics {
  /** The file's. */
  key: string;
  statistics: Statistics;
}

/** Files that stay: isolates follow the newest within seconds, and a file is replaced after minutes. */
const KEPT = 3;
const DIGEST_LENGTH = 8;

/** Writes a file, and deletes old ones. */
export async function writeStatistics(bucket: R2Bucket, statistics: Statistics): Promise<void> {
  const bytes = new TextEncoder().encode(JSON.stringify(statistics));
  const digest = (await sha256Hex(bytes)).slice(0, DIGEST_LENGTH);
  await bucket.put(`${STATISTICS_PREFIX}${statistics.computedAt}-${digest}.json`, bytes);
  const old = (await listStatistics(bucket)).slice(0, -KEPT);
  if (old.length > 0) await bucket.delete(old);
}

/** Key of the newest file; null if there is none. */
export const findStatistics = async (bucket: R2Bucket): Promise<string | null> =>
  (await listStatistics(bucket)).at(-1) ?? null;

/** Oldest first; there are never more than a page. */
const listStatistics = async (bucket: R2Bucket): Promise<string[]> =>
  (await bucket.list({ prefix: STATISTICS_PREFIX })).objects.map(({ key }) => key).sort();

/** Throws if the file cannot be read. */
export async function readStatistics(bucket: R2Bucket, key: string): Promise<LoadedStatistics> {
  const bytes = await readThroughLocation(bucket, key);
  return { key, statistics: Statistics.parse(JSON.parse(new TextDecoder().decode(bytes))) };
}
