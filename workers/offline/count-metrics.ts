// Job: counts what players did with answers, by hour and label, from the new events of the log, and notes the states
// that no event tells: what the log lacks, dead letters, ages, sizes and coverage.

import { countActions, readActionCursor } from '../storage/action-counts.ts';
import { readActionPage } from '../storage/action-log.ts';
import { countItems } from '../storage/coverage.ts';
import { type LogBindings, listLogShards, workOnShards } from '../storage/log-shards.ts';
import { closeHours, setGauges } from '../storage/metric-counts.ts';
import { readGauges } from '../storage/read-gauges.ts';
import type { ReleaseEnv } from '../storage/releases.ts';
import type { Stores } from '../storage/stores.ts';

const DAY_MS = 86_400_000;
/** One transaction. */
const PAGE_ROWS = 10_000;
/** Some ten queries a page, of the 1,000 that an invocation may make. */
const PAGES_PER_RUN_MAX = 40;
/** A slate may take as long as that to arrive, and events wait for it. */
const SETTLE_MS = 60_000;
const COVERAGE_DAYS = 7;
const HEAD_SHARE = 0.2;

/** Returns the number of events counted: those that are a minute old, or as many of them as a run has time for. */
export async function countMetrics(env: Stores & ReleaseEnv & LogBindings, now: number): Promise<number> {
  const { DB } = env;
  const shards = listLogShards(env);
  const items = await countItems(DB);
  const itemsFrom = Math.floor(now / DAY_MS) - COVERAGE_DAYS + 1;
  const pagesMax = Math.ceil(PAGES_PER_RUN_MAX / shards.length);
  const counted = await workOnShards(shards, async (database, shard) => {
    let events = 0;
    for (let pages = 0; pages < pagesMax; pages++) {
      const page = await readActionPage(database, {
        ...{ after: await readActionCursor(DB, shard), rows: PAGE_ROWS, until: now - SETTLE_MS, itemsFrom },
        headItems: Math.ceil(items * HEAD_SHARE),
      });
      if (page === undefined) break;
      await countActions(DB, shard, page);
      events += page.logged.reduce((sum, one) => sum + one.events, 0);
      if (page.isLast) break;
    }
    return events;
  });
  await setGauges(DB, await readGauges(env, shards, { now, items, itemsFrom }), now);
  await closeHours(DB, now);
  return counted.reduce((sum, events) => sum + events, 0);
}
