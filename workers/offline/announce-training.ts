// Job: tells a waiting trainer when a snapshot holds enough events that the current release was not trained on.
// Training is done by `npm run train -- --watch`.

import { countEventsAfter } from '../../models/contracts/snapshot.ts';
import { readManifest, readPointer } from '../storage/releases.ts';
import { announceTraining, readSnapshotManifest } from '../storage/snapshots.ts';
import type { Stores } from '../storage/stores.ts';

/** New events that justify a training: an absolute minimum, and a share of the release's own. */
const NEW_EVENTS_MIN = 200;
const NEW_EVENTS_SHARE_MIN = 0.02;

/** Returns the number of new events if they justify a training, else 0. */
export async function announceDueTraining({ BUCKET }: Pick<Stores, 'BUCKET'>, now: number): Promise<number> {
  const snapshot = await readSnapshotManifest(BUCKET);
  if (snapshot === undefined) return 0;
  const pointer = await readPointer(BUCKET);
  const trainedOn = pointer === undefined ? undefined : (await readManifest(BUCKET, pointer)).data;
  const newEvents = countEventsAfter(snapshot.events, trainedOn?.lastSequences ?? []);
  const oldEvents = (trainedOn?.lastSequences ?? []).reduce((sum, sequence) => sum + sequence, 0);
  const enough = trainedOn === undefined ? 1 : Math.max(NEW_EVENTS_MIN, NEW_EVENTS_SHARE_MIN * oldEvents);
  if (newEvents < enough) return 0;
  await announceTraining(BUCKET, { snapshot: snapshot.version, newEvents, announcedAt: new Date(now).toISOString() });
  return newEvents;
}
