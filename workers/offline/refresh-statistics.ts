// Job: counts the players of new events, and computes popularity, trends and ratings from the counts.

import { computeStatistics } from '../../models/features/statistics.ts';
import { readPlayerCounts } from '../storage/item-totals.ts';
import { type LogBindings, listLogShards, workOnShards } from '../storage/log-shards.ts';
import { moveCounts } from '../storage/move-counts.ts';
import { publishState } from '../storage/publish-state.ts';
import { rollUpLog } from '../storage/roll-up.ts';
import { readGamesPerDay } from '../storage/settings.ts';
import { writeStatistics } from '../storage/statistics.ts';
import type { Stores } from '../storage/stores.ts';

const DAY_MS = 86_400_000;
/** Some twenty queries a page, of the 1,000 that an invocation may make. */
const PAGES_PER_RUN_MAX = 40;

/** Returns the number of events counted: those logged since the last run, or as many of them as a run has time for. */
export async function refreshStatistics(
  env: Pick<Stores, 'DB' | 'BUCKET'> & Pick<Env, 'COUNTED_GAMES_PER_DAY'> & LogBindings,
  now: number,
): Promise<number> {
  const gamesPerDay = readGamesPerDay(env.COUNTED_GAMES_PER_DAY);
  const shards = listLogShards(env);
  const pagesMax = Math.ceil(PAGES_PER_RUN_MAX / shards.length);
  const rolledUp = await workOnShards(shards, (shard) => rollUpLog(shard, { pagesMax, gamesPerDay }));
  const [moved] = await Promise.allSettled([moveCounts(env.DB, shards)]);
  const counts = await readPlayerCounts(shards, Math.floor(now / DAY_MS));
  await writeStatistics(env.BUCKET, computeStatistics(counts, new Date(now).toISOString()));
  await publishState(env, now);
  // Thrown only now, so that popularity is refreshed even if moving fails.
  if (moved.status === 'rejected') throw moved.reason;
  return rolledUp.reduce((sum, { events }) => sum + events, 0);
}
