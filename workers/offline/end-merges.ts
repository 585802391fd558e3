// Job: finishes merges that can no longer be parted, and completes interrupted partings.

import { endDueMerges } from '../personal-data/merges.ts';
import { type LogBindings, listLogShards } from '../storage/log-shards.ts';

/** Returns the number of merges. `now`: epoch milliseconds. */
export const endMerges = (env: Pick<Env, 'DB' | 'USER_SIGNALS'> & LogBindings, now: number): Promise<number> =>
  endDueMerges({ db: env.DB, shards: listLogShards(env), objects: env.USER_SIGNALS }, now);
