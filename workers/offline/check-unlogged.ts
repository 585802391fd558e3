// Job: asks the objects of players whose events stay out of the log to look again, so that their reports, which alerts
// read, are up to date. The objects queue such events again by themselves.

import { withDeadline } from '../storage/deadline.ts';
import type { Stores } from '../storage/stores.ts';
import { listOverdueUsers } from '../storage/unlogged-users.ts';

/** By then the objects have queued a missing event again twice. */
const UNLOGGED_MAX_MS = 5 * 60_000;
const USERS_PER_ROUND = 25;
/** 500 players: an invocation may make 1,000 calls, which other jobs share. */
const ROUNDS_MAX = 20;
const ANSWER_MAX_MS = 5_000;

type CheckEnv = Pick<Stores, 'DB'> & Pick<Env, 'USER_SIGNALS'>;

/**
 * Asks objects whose reports would raise an alert: the log may have their events by now, and after an outage an
 * object's own next check may be ten minutes away. Stops once an object's events are still missing. Returns the number
 * of players asked.
 */
export async function checkUnlogged({ DB, USER_SIGNALS }: CheckEnv, now: number): Promise<number> {
  const asked = new Set<string>();
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const userIds = await listOverdueUsers(DB, now - UNLOGGED_MAX_MS, USERS_PER_ROUND);
    if (userIds.length === 0 || userIds.some((userId) => asked.has(userId))) break;
    for (const userId of userIds) asked.add(userId);
    // The report of an object that does not answer stays.
    await Promise.allSettled(
      userIds.map((userId) => withDeadline(USER_SIGNALS.getByName(userId).refreshReport(userId), ANSWER_MAX_MS)),
    );
  }
  return asked.size;
}
