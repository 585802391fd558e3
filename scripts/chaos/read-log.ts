// Reads the log after a run as a training does: from the exported files, and from D1 beyond them. An event that is in
// two files, or in a file and in D1 beyond the files, appears twice. Also compares the counts of players with the log.

import { countRows } from '../../models/contracts/snapshot.ts';
import { listLogShards } from '../../workers/storage/log-shards.ts';
import { ACTS, DAY_MS } from '../../workers/storage/player-counts.ts';
import { type CountVars, readGamesPerDay } from '../../workers/storage/settings.ts';
import { readSnapshotOrEmpty } from '../../workers/storage/snapshots.ts';
import { withDuckDb } from '../duckdb/open.ts';
import { streamColumns } from '../duckdb/stream.ts';
import { readVars, withPlatform } from '../local/platform.ts';
import { withTemporaryFolder } from '../local/temporary-folder.ts';
import { countLog } from '../log/catch-up.ts';
import { createViews, type LogFiles } from '../log/views.ts';
import { fetchWholeLog } from '../log/whole-log.ts';

export interface LogCount {
  /** Ids of the events by user, with duplicates. */
  ids: Map<string, string[]>;
  /** Events that the crons exported during the run. */
  exported: number;
  /** Events in each of the log's databases. */
  shards: number[];
  /** Players too many or too few in the statistics, over all games, acts and days of each database. */
  miscounted: number;
}

/** `config`: the file that binds the databases. */
export const readLog = (state: string, config: string): Promise<LogCount> =>
  withTemporaryFolder('chaos-log', (folder) =>
    withPlatform(
      state,
      async (stores) => {
        const gamesPerDay = readGamesPerDay(readVars<CountVars>().COUNTED_GAMES_PER_DAY);
        await countLog(stores, () => {}, { gamesPerDay });
        const databases = listLogShards(stores);
        const counts = await Promise.all(databases.map(compareCounts));
        const { events } = await readSnapshotOrEmpty(stores.BUCKET);
        return {
          ids: await readIds(await fetchWholeLog(stores, { state, folder })),
          exported: countRows(events),
          shards: await Promise.all(databases.map(countEvents)),
          miscounted: sumOf(counts),
        };
      },
      config,
    ),
  );

const readIds = (files: LogFiles): Promise<Map<string, string[]>> =>
  withDuckDb(async (connection) => {
    await createViews(connection, files);
    const ids = new Map<string, string[]>();
    for await (const [userIds, eventIds] of streamColumns(connection, 'select user_id, id from events'))
      for (const [row, userId] of (userIds as string[]).entries()) {
        const own = ids.get(userId) ?? [];
        own.push(eventIds![row] as string);
        ids.set(userId, own);
      }
    return ids;
  });

const countEvents = async (database: D1Database): Promise<number> =>
  (await database.prepare('select count(*) as n from events').first<number>('n')) ?? 0;

/** A player who moves to another database counts in both, so that each is compared with its own events. */
const compareCounts = async (database: D1Database): Promise<number> =>
  (await database.prepare(DIFFERENCES).first<number>('players')) ?? 0;

const DIFFERENCES = `select sum(abs(expected - counted)) as players from (
  select day, item_id, type, sum(expected) as expected, sum(counted) as counted from (
    select timestamp / ${DAY_MS} as day, item_id, type, count(distinct user_id) as expected, 0 as counted
    from events where type in (${ACTS}) group by 1, 2, 3
    union all
    select day, item_id, type, 0, players from daily_counts where type in (${ACTS})
  ) group by 1, 2, 3
)`;

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, n) => sum + n, 0);
