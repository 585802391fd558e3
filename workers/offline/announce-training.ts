// Job: tells a waiting trainer when a snapshot holds enough events that the current release was not trained on.
// Training is done by `npm run train -- --watch`.

import type { ReleaseManifest } from '../../models/contracts/release.ts';
import { countEventsAfter } from '../../models/contracts/snapshot.ts';
import { isCanary } from '../../models/experiments/canary.ts';
import { readCanaryRequest } from '../storage/canary-request.ts';
import { readPublishedState } from '../storage/published-state.ts';
import { listReleases } from '../storage/release-list.ts';
import { readPointer } from '../storage/release-pointer.ts';
import { type ReleaseEnv, readAcceptedManifest } from '../storage/releases.ts';
import { announceTraining, readSnapshotManifest } from '../storage/snapshots.ts';

/** New events that justify a training: an absolute minimum, and a share of the release's own. */
const NEW_EVENTS_MIN = 200;
const NEW_EVENTS_SHARE_MIN = 0.02;

/** Returns the number of new events if they justify a training, else 0. */
export async function announceDueTraining(env: ReleaseEnv, now: number): Promise<number> {
  const { BUCKET } = env;
  const snapshot = await readSnapshotManifest(BUCKET);
  if (snapshot === undefined) return 0;
  const trainedOn = await readTrainedOn(env);
  const newEvents = countEventsAfter(snapshot.events, trainedOn?.lastSequences ?? []);
  const oldEvents = (trainedOn?.lastSequences ?? []).reduce((sum, sequence) => sum + sequence, 0);
  const enough = trainedOn === undefined ? 1 : Math.max(NEW_EVENTS_MIN, NEW_EVENTS_SHARE_MIN * oldEvents);
  if (newEvents < enough) return 0;
  await announceTraining(BUCKET, { snapshot: snapshot.version, newEvents, announcedAt: new Date(now).toISOString() });
  return newEvents;
}

/**
 * The data of the release in use. Of the newest one while the pointer is pinned or a canary has to prove it: trainings
 * go on, but each of them would leave the one in use as far behind. Undefined if there is none, or this version refuses
 * it.
 */
async function readTrainedOn(env: ReleaseEnv): Promise<ReleaseManifest['data'] | undefined> {
  const pointer = await readPointer(env.BUCKET);
  if (pointer === undefined) return undefined;
  const staysInUse = pointer.pinned || (await hasCanary(env.BUCKET));
  const newest = staysInUse ? (await listReleases(env, undefined, 1))[0]?.summary : undefined;
  return newest?.data ?? (await readAcceptedManifest(env, pointer))?.data;
}

/** True if one runs or waits. */
async function hasCanary(bucket: R2Bucket): Promise<boolean> {
  const [requested, published] = await Promise.all([readCanaryRequest(bucket), readPublishedState(bucket)]);
  return requested !== undefined || (published?.experiments.some(isCanary) ?? false);
}
