// The job that tells a waiting trainer when a snapshot holds enough that the release in use has not seen. It trains
// nothing: `npm run train -- --watch` does.

import { countEventsAfter } from '../storage/events.ts';
import { readManifest, readPointer } from '../storage/releases.ts';
import { announceTraining, readSnapshotManifest } from '../storage/snapshots.ts';
import type { Stores } from '../storage/stores.ts';

/** New events that are worth a training, at least; and as a share of what the release has learnt from. */
const NEW_EVENTS_MIN = 200;
const NEW_EVENTS_SHARE_MIN = 0.02;

/** Returns the number of events that the release in use has not seen, where they are enough; else 0. */
export async function announceDueTraining({ DB, BUCKET }: Stores, now: number): Promise<number> {
  const snapshot = await readSnapshotManifest(BUCKET);
  if (snapshot === undefined) return 0;
  const pointer = await readPointer(BUCKET);
  const learnt = pointer === undefined ? undefined : (await readManifest(BUCKET, pointer)).data;
  const newEvents =
    (await countEventsAfter(DB, learnt?.lastSequence ?? 0)) - (await countEventsAfter(DB, snapshot.lastSequence));
  const enough = learnt === undefined ? 1 : Math.max(NEW_EVENTS_MIN, NEW_EVENTS_SHARE_MIN * learnt.lastSequence);
  if (newEvents < enough) return 0;
  await announceTraining(BUCKET, { snapshot: snapshot.version, newEvents, announcedAt: new Date(now).toISOString() });
  return newEvents;
}
