// Job: fails if accepted events stay out of the log, so that subscribers of `job.failed` hear of it. The players'
// objects queue such events again by themselves.

import type { Stores } from '../storage/stores.ts';
import { readUnlogged } from '../storage/unlogged-users.ts';

/** By then the objects have sent a missing event again four times. */
const UNLOGGED_MAX_MS = 5 * 60_000;

/** Returns the number of events that are reported as unlogged, all of them recent. */
export async function checkUnlogged({ DB }: Pick<Stores, 'DB'>, now: number): Promise<number> {
  const { users, events, oldestAt } = await readUnlogged(DB);
  if (oldestAt === null || now - oldestAt <= UNLOGGED_MAX_MS) return events;
  const minutes = Math.floor((now - oldestAt) / 60_000);
  throw new Error(
    `${events} accepted events of ${users} players are not in the log, the oldest for ${minutes} minutes: ` +
      'look for alerts of the queue “events”, of D1 and for dead letters',
  );
}
