// Job: deletes from the log's databases the events that have left the hot window; the snapshot in R2 has them.

import { type LogBindings, listLogShards, workOnShards } from '../storage/log-shards.ts';
import { readMovedSequence } from '../storage/roll-up.ts';
import { type RetentionVars, readHotDays, readRetention } from '../storage/settings.ts';
import type { Stores } from '../storage/stores.ts';
import { trimEvents } from '../storage/trim-events.ts';

type TrimEnv = Pick<Stores, 'BUCKET'> & LogBindings & RetentionVars;

const DAY_MS = 86_400_000;

/** Returns the number of events deleted. */
export async function trimLog(env: TrimEnv, now: number): Promise<number> {
  const { logDays } = readRetention(env);
  const deleted = await workOnShards(listLogShards(env), async (database, shard) =>
    trimEvents(database, shard, env.BUCKET, {
      hotFrom: now - readHotDays(env.LOG_HOT_DAYS) * DAY_MS,
      readUntil: await readMovedSequence(database),
      keptFrom: Math.max(0, now - logDays * DAY_MS),
    }),
  );
  return deleted.reduce((sum, events) => sum + events, 0);
}
