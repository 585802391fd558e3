// The daily counts that statistics are computed from, without what players took back. D1 counts; the Worker reads sums.

import { RETRACTIONS } from '../../models/contracts/event.ts';
import type { CountryCount, DailyCount } from '../../models/contracts/statistics.ts';
import { EVENT_WEIGHT } from './event-weight.ts';

const RETRACTED = Object.entries(RETRACTIONS);
const RETRACTION_TYPES = RETRACTED.map(([retraction]) => `'${retraction}'`).join(', ');
const RETRACTED_TYPE = `case type ${RETRACTED.map(([by, type]) => `when '${by}' then '${type}'`).join(' ')} end`;

/**
 * An event counts unless the player retracted it, in any country, at its time or later; retractions count for nothing.
 * The log is read twice, in its own order: by the index for grouping, each event would be looked up.
 */
const countEvents = (keys: readonly string[], condition = ''): string =>
  `with retractions as (
     select user_id, item_id, ${RETRACTED_TYPE} as type, max(timestamp) as retracted_at
     from events not indexed where timestamp >= ?1 and item_id is not null and type in (${RETRACTION_TYPES})
     group by 1, 2, 3
   )
   select ${keys.join(', ')}, type, timestamp / 86400000 as day, count(*) as count,
     coalesce(sum(value), 0) as valueSum, sum(${EVENT_WEIGHT}) as weightSum
   from events left join retractions using (user_id, item_id, type)
   where timestamp >= ?1 and item_id is not null and type not in ('impression', ${RETRACTION_TYPES}) ${condition}
     and (retracted_at is null or timestamp > retracted_at)
   group by ${Array.from({ length: keys.length + 2 }, (_, key) => key + 1).join(', ')}`;

const DAILY_COUNTS = countEvents(['item_id as itemId']);
const COUNTRY_COUNTS = countEvents(['country', 'item_id as itemId'], 'and country is not null');

/** Events per item, type and UTC day since a time (epoch milliseconds), without impressions and searches. */
export const readDailyCounts = async (db: D1Database, since: number): Promise<DailyCount[]> =>
  (await db.prepare(DAILY_COUNTS).bind(since).all<DailyCount>()).results;

/** The same per country, for events that name one. */
export const readCountryCounts = async (db: D1Database, since: number): Promise<CountryCount[]> =>
  (await db.prepare(COUNTRY_COUNTS).bind(since).all<CountryCount>()).results;
