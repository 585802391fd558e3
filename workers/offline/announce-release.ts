// The job that tells subscribers of a new release. Whoever publishes one may be a command on another machine, so the Worker
// looks for itself.

import { readManifest, readPointer } from '../storage/releases.ts';
import { isAnnounced, listSubscriptions, markAnnounced, notify } from '../storage/subscriptions.ts';

/** Returns 1 where the release in use was not announced before, else 0. */
export async function announceRelease(
  { DB, BUCKET, NOTIFICATIONS }: Pick<Env, 'DB' | 'BUCKET' | 'NOTIFICATIONS'>,
  now: number,
): Promise<number> {
  const pointer = await readPointer(BUCKET);
  if (pointer === undefined || (await isAnnounced(DB, pointer.version))) return 0;
  const { version, algorithm, items, createdAt } = await readManifest(BUCKET, pointer);
  await notify(NOTIFICATIONS, await listSubscriptions(DB), {
    id: `release-${version}`,
    type: 'release.published',
    timestamp: new Date(now).toISOString(),
    data: { release: version, algorithm, items, createdAt },
  });
  // Only now: a queue that fails is asked again, and its message has the same id.
  await markAnnounced(DB, version, now);
  return 1;
}
