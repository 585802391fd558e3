// Job: tells subscribers of a new release. Releases may be published by a command on another machine, so the Worker
// checks the pointer itself.

import { readPointer } from '../storage/release-pointer.ts';
import { type ReleaseEnv, readAcceptedManifest } from '../storage/releases.ts';
import { isAnnounced, listSubscriptions, markAnnounced, notify } from '../storage/subscriptions.ts';

/** Returns 1 if the current release was announced now, 0 if it had been before or this version refuses it. */
export async function announceRelease(
  env: Pick<Env, 'DB' | 'NOTIFICATIONS'> & ReleaseEnv,
  now: number,
): Promise<number> {
  const { DB, BUCKET, NOTIFICATIONS } = env;
  const pointer = await readPointer(BUCKET);
  if (pointer === undefined || (await isAnnounced(DB, pointer.version))) return 0;
  const manifest = await readAcceptedManifest(env, pointer);
  if (manifest === undefined) return 0;
  const { version, algorithm, items, createdAt } = manifest;
  await notify(NOTIFICATIONS, await listSubscriptions(DB), {
    id: `release-${version}`,
    type: 'release.published',
    timestamp: new Date(now).toISOString(),
    data: { release: version, algorithm, items, createdAt },
  });
  // After sending: if the queue fails, the next run sends again with the same id.
  await markAnnounced(DB, version, now);
  return 1;
}
