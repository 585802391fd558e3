// Job: fails if accepted events stay out of the log, so that subscribers of `job.failed` hear of it. The players'
// objects queue such events again by themselves.

import { withDeadline } from '../storage/deadline.ts';
import type { Stores } from '../storage/stores.ts';
import { listOverdueUsers, readUnlogged } from '../storage/unlogged-users.ts';

/** By then the objects have sent a missing event again four times. */
const UNLOGGED_MAX_MS = 5 * 60_000;
const USERS_PER_ROUND = 25;
/** 500 players: an invocation may make 1,000 calls, which other jobs share. */
const ROUNDS_MAX = 20;
const ANSWER_MAX_MS = 5_000;

type CheckEnv = Pick<Stores, 'DB'> & Pick<Env, 'USER_SIGNALS'>;

/** Returns the number of events that are reported as unlogged, all of them recent. */
export async function checkUnlogged({ DB, USER_SIGNALS }: CheckEnv, now: number): Promise<number> {
  await refreshReports(DB, USER_SIGNALS, now - UNLOGGED_MAX_MS);
  const { users, events, oldestAt } = await readUnlogged(DB);
  if (oldestAt === null || now - oldestAt <= UNLOGGED_MAX_MS) return events;
  const minutes = Math.floor((now - oldestAt) / 60_000);
  throw new Error(
    `${events} accepted events of ${users} players are not in the log, the oldest for ${minutes} minutes: ` +
      'look for alerts of the queue “events”, of D1 and for dead letters',
  );
}

/**
 * Asks objects to check again if their reports would fail the job: the log may have their events by now, and after an
 * outage an object's own next check may be ten minutes away. Stops once an object's events are still missing.
 */
async function refreshReports(db: D1Database, objects: Env['USER_SIGNALS'], before: number): Promise<void> {
  const asked = new Set<string>();
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const userIds = await listOverdueUsers(db, before, USERS_PER_ROUND);
    if (userIds.length === 0 || userIds.some((userId) => asked.has(userId))) return;
    for (const userId of userIds) asked.add(userId);
    // The report of an object that does not answer stays.
    await Promise.allSettled(
      userIds.map((userId) => withDeadline(objects.getByName(userId).refreshReport(userId), ANSWER_MAX_MS)),
    );
  }
}
