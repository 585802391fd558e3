// Finishes merges in tests that do not wait for the job.

import { endDueMerges } from '../workers/personal-data/merges.ts';
import { beginFinishing, claimMerge, endFinishing, MERGE_OPEN_DAYS } from '../workers/storage/merges.ts';

/** Decides a merge that is finished at once. */
export async function claimFinished(
  db: D1Database,
  fromUserId: string,
  toUserId: string,
  now: number,
): Promise<string | undefined> {
  const claimed = await claimMerge(db, fromUserId, toUserId, now);
  await beginFinishing(db, fromUserId);
  await endFinishing(db, fromUserId);
  return claimed;
}

/** Finishes all open merges, and completes partings, as the job does once they are due. Returns their number. */
export const endAllMerges = ({
  DB,
  USER_SIGNALS,
  LOG_0,
}: Pick<Env, 'DB' | 'USER_SIGNALS' | 'LOG_0'>): Promise<number> =>
  endDueMerges({ db: DB, shards: [LOG_0], objects: USER_SIGNALS }, Date.now() + (MERGE_OPEN_DAYS + 1) * 86_400_000);
