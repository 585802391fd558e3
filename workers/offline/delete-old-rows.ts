// Job: deletes expired data, by the settings of wrangler.toml. `npm run retention -- --dry-run` lists it.

import type { LogBindings } from '../storage/log-shards.ts';
import { deleteExpired } from '../storage/retention.ts';
import { type RetentionVars, readRetention } from '../storage/settings.ts';
import type { Stores } from '../storage/stores.ts';

/** Returns the number of rows and files deleted. Throws if a setting is out of bounds; nothing is deleted then. */
export const deleteOldRows = async (env: Stores & LogBindings & RetentionVars, now: number): Promise<number> =>
  deleteExpired(env, readRetention(env), now);
