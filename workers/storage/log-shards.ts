// The databases that the log is spread over: the bindings LOG_0, LOG_1, … of wrangler.toml. It chooses the one for a
// player's new events; earlier ones may be in others, because shards can be added. It reads and writes no events.

import { hashUniform } from '../../models/features/rng.ts';

export interface LogBindings {
  LOG_0: D1Database;
  [shard: `LOG_${number}`]: D1Database;
}
/** Indexed by number. */
export type LogShards = readonly D1Database[];

export const isShardBinding = (name: string): boolean => /^LOG_(0|[1-9]\d*)$/.test(name);

/** Throws if LOG_0 is missing, or if the numbers have a gap. */
export function listLogShards(env: LogBindings): LogShards {
  const names = Object.keys(env).filter(isShardBinding);
  if (names.length === 0) throw new Error('the log has no database: bind LOG_0 in wrangler.toml');
  return names.map((_, shard) => {
    const database = env[`LOG_${shard}`];
    if (database === undefined)
      throw new Error(
        `wrangler.toml binds ${names.sort().join(', ')}, but not LOG_${shard}: the numbers must have no gap`,
      );
    return database;
  });
}

/** Throws for a shard that is no longer bound. */
export function getLogShard(shards: LogShards, shard: number): D1Database {
  const database = shards[shard];
  if (database === undefined)
    throw new Error(`there are events for LOG_${shard}, which wrangler.toml does not bind: bind it again`);
  return database;
}

/**
 * Chooses one of `count` shards for a player's new events, by rendezvous hashing (Thaler and Ravishankar 1998): a new
 * shard takes its share of the players from each of the others, and no player moves between those.
 */
export function chooseShard(userId: string, count: number): number {
  let chosen = 0;
  let highest = -1;
  for (let shard = 0; shard < count; shard++) {
    const hash = hashUniform(`${shard} ${userId}`);
    if (hash > highest) [chosen, highest] = [shard, hash];
  }
  return chosen;
}

/** Queries all shards in parallel and joins their answers. */
export const askShards = async <Answer>(
  shards: LogShards,
  ask: (shard: D1Database) => Promise<Answer[]>,
): Promise<Answer[]> => (await Promise.all(shards.map(ask))).flat();

/**
 * Runs `work` on all shards in parallel; a failing shard does not stop the others. Returns the results by shard; throws
 * the first failure once all have ended.
 */
export async function workOnShards<Result>(
  shards: LogShards,
  work: (database: D1Database, shard: number) => Promise<Result>,
): Promise<Result[]> {
  const outcomes = await Promise.allSettled(shards.map(work));
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}
