// Draws the events of a log of any size as Parquet files, one for each day, sorted by player, as compaction leaves
// them. For measuring reads; their content is meaningless.

import path from 'node:path';
import { quoteText, withDuckDb } from '../duckdb/open.ts';

const DAYS = 30;
const FIRST_DAY = '2026-01-01';
const GAMES = 50_000;
/** On average. */
const EVENTS_PER_PLAYER = 10;

/** Returns the files' paths. Deterministic for a number of events. */
export const drawLog = (folder: string, events: number): Promise<string[]> =>
  withDuckDb(async (connection) => {
    const perDay = Math.ceil(events / DAYS);
    const players = Math.ceil(events / EVENTS_PER_PLAYER);
    const files: string[] = [];
    for (let day = 0; day < DAYS; day++) {
      const file = path.join(folder, `${day}.parquet`);
      const uniform = (n: number) => `((hash(number, ${n}) % 1000000007) / 1000000007.0)`;
      await connection.run(
        `copy (
           select number as sequence, printf('player-%08d', floor(${players} * ${uniform(1)})::bigint) as user_id,
             'event-' || number as id,
             case when ${uniform(2)} < 0.7 then 'play' when ${uniform(2)} < 0.9 then 'like' when ${uniform(2)} < 0.95
               then 'purchase' when ${uniform(2)} < 0.98 then 'click' else 'unlike' end as type,
             'game-' || floor(${GAMES} * ${uniform(3)} ** 2)::bigint as item_id,
             case when ${uniform(2)} < 0.7 then floor(300 * ${uniform(4)}) end::double as value, null::varchar as query,
             (timestamp '${FIRST_DAY}' + interval ${day} day + interval 1 millisecond * floor(86400000 * ${uniform(5)}))
               ::timestamp_ms as timestamp,
             timestamp as received_at, null::varchar as recommendation_id, null::integer as position,
             'windows' as platform, 'CH' as country, 'de-CH' as locale
           from (select unnest(range(${day * perDay}, ${(day + 1) * perDay})) as number) order by user_id, timestamp
         ) to ${quoteText(file)} (format parquet, compression zstd)`,
      );
      files.push(file);
    }
    return files;
  });
