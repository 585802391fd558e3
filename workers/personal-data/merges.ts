// Ends open merges: parts a guest from its player again, or finishes a merge that has been open for long enough. Each
// step is idempotent, and the state in D1 says what is left to do.

import type { LogShards } from '../storage/log-shards.ts';
import { beginFinishing, deleteParted, endFinishing, listDueMerges, openSince } from '../storage/merges.ts';
import { moveMergedLogs } from '../storage/users.ts';

const MERGES_PER_RUN = 500;

export interface MergeStores {
  /** Has the merges. */
  db: D1Database;
  shards: LogShards;
  objects: Env['USER_SIGNALS'];
}

/** Parts a merge for which D1 says `parting`. The guest's log never moved, so only the objects have to change. */
export async function completeParting(
  { db, objects }: Pick<MergeStores, 'db' | 'objects'>,
  guestId: string,
  userId: string,
): Promise<void> {
  // First, so that nothing is copied after the player's object has forgotten the guest.
  await objects.getByName(guestId).part();
  await objects.getByName(userId).removeGuest(userId, guestId);
  await deleteParted(db, guestId, userId);
}

/** Finishes merges that are due and completes interrupted partings. Returns their number. `now`: epoch milliseconds. */
export async function endDueMerges(stores: MergeStores, now: number): Promise<number> {
  let ended = 0;
  const failures: unknown[] = [];
  for (const { fromUserId, toUserId, state } of await listDueMerges(stores.db, openSince(now), MERGES_PER_RUN)) {
    const end =
      state === 'parting'
        ? completeParting(stores, fromUserId, toUserId).then(() => true)
        : finishMerge(stores, fromUserId, toUserId);
    await end.then((isEnded) => isEnded && ended++).catch((error) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
  return ended;
}

/** False while the log misses events of the guest; the next run continues. */
async function finishMerge({ db, shards, objects }: MergeStores, guestId: string, userId: string): Promise<boolean> {
  const guest = objects.getByName(guestId);
  if (!(await guest.finishMerge(userId))) return false;
  // Before the move: events that the queue delivers again must not start a new log of the guest.
  await beginFinishing(db, guestId);
  await moveMergedLogs(db, shards, [guestId]);
  await guest.empty();
  await endFinishing(db, guestId);
  return true;
}
