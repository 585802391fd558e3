// Reads the log after a run as a training does: from the exported files, and from D1 beyond them. An event that is in
// two files, or in a file and in D1 beyond the files, appears twice. Also compares the counts of players with the log.

import { ACT_TYPES } from '../../models/contracts/statistics.ts';
import { type LogShards, listLogShards } from '../../workers/storage/log-shards.ts';
import { readSnapshotOrEmpty } from '../../workers/storage/snapshots.ts';
import { quoteText, withDuckDb } from '../duckdb/open.ts';
import { streamColumns } from '../duckdb/stream.ts';
import { withPlatform } from '../local/platform.ts';
import { withTemporaryFolder } from '../local/temporary-folder.ts';
import { countLog } from '../log/catch-up.ts';
import { createViews } from '../log/views.ts';
import { fetchWholeLog } from '../log/whole-log.ts';

export interface LogCount {
  /** Ids of the events by user, with duplicates. */
  ids: Map<string, string[]>;
  /** Events that the crons exported during the run. */
  exported: number;
  /** Events in each of the log's databases. */
  shards: number[];
  /** Difference of two totals: players in the statistics and in the log, each once per game, act, day and database. */
  miscounted: number;
}

/** `config`: the file that binds the databases. */
export const readLog = (state: string, config: string): Promise<LogCount> =>
  withTemporaryFolder('chaos-log', (folder) =>
    withPlatform(
      state,
      async (stores) => {
        await countLog(stores, () => {});
        const counted = await countPlayers(listLogShards(stores));
        const files = await fetchWholeLog(stores, { state, folder });
        return withDuckDb(async (connection) => {
          await createViews(connection, files);
          const ids = new Map<string, string[]>();
          for await (const [userIds, eventIds] of streamColumns(connection, 'select user_id, id from events'))
            for (const [row, userId] of (userIds as string[]).entries()) {
              const own = ids.get(userId) ?? [];
              own.push(eventIds![row] as string);
              ids.set(userId, own);
            }
          const [players] = await (await connection.runAndReadAll(PLAYERS)).getRows();
          const shards = await Promise.all(listLogShards(stores).map(countEvents));
          // A player who moves is counted in both databases.
          const expected = shards.length === 1 ? Number(players![0]) : await countLogged(listLogShards(stores));
          const { lastSequences } = await readSnapshotOrEmpty(stores.BUCKET);
          const exported = lastSequences.reduce((sum, sequence) => sum + sequence, 0);
          return { ids, exported, shards, miscounted: Math.abs(expected - counted) };
        });
      },
      config,
    ),
  );

const countEvents = async (shard: D1Database): Promise<number> =>
  (await shard.prepare('select count(*) as n from events').first<number>('n')) ?? 0;

/** As `PLAYERS`, computed from the events of each database. */
async function countLogged(shards: LogShards): Promise<number> {
  const sql = `select count(*) as n from (
    select distinct user_id, item_id, type, timestamp / 86400000 from events where type in (${ACTS})
  )`;
  const counts = await Promise.all(shards.map((shard) => shard.prepare(sql).first<number>('n')));
  return counts.reduce<number>((sum, n) => sum + (n ?? 0), 0);
}

const ACTS = ACT_TYPES.map(quoteText).join();
const PLAYERS = `select count(*) from (
  select distinct user_id, item_id, type, timestamp::date from events where type in (${ACTS})
)`;

async function countPlayers(shards: LogShards): Promise<number> {
  const sql = `select sum(players) as n from daily_counts where type in (${ACTS})`;
  const counts = await Promise.all(shards.map((shard) => shard.prepare(sql).first<number>('n')));
  return counts.reduce<number>((sum, n) => sum + (n ?? 0), 0);
}
