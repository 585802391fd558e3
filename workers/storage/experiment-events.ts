// The events of the log that count in experiments, from one of its databases.

import type { EventType } from '../../models/contracts/event.ts';
import { COUNTED_TYPES } from '../../models/experiments/user-totals.ts';

export interface CountedEvent {
  userId: string;
  type: EventType;
  itemId: string | null;
  value: number | null;
  recommendationId: string | null;
  /** Epoch milliseconds. */
  receivedAt: number;
}

const COLUMNS = `user_id as userId, type, item_id as itemId, value, recommendation_id as recommendationId,
  received_at as receivedAt`;
const IS_COUNTED = `type in (${COUNTED_TYPES.map((type) => `'${type}'`).join(', ')})`;

/** The last row; 0 if there is none. */
export const readLastRow = async (shard: D1Database): Promise<number> =>
  (await shard.prepare('select max(sequence) as last from events').first<number>('last')) ?? 0;

/** The counted ones among the next `limit` rows after a row, and the last of these rows. */
export async function readNextEvents(
  shard: D1Database,
  after: number,
  limit: number,
): Promise<{ events: CountedEvent[]; lastRow: number; isComplete: boolean }> {
  const [last] = await shard.batch<{ last: number | null; rows: number }>([
    shard
      .prepare(
        `select max(sequence) as last, count(*) as "rows"
         from (select sequence from events where sequence > ?1 order by sequence limit ?2)`,
      )
      .bind(after, limit),
  ]);
  const { last: lastRow, rows } = last!.results[0]!;
  if (lastRow === null) return { events: [], lastRow: after, isComplete: true };
  const { results } = await shard
    .prepare(`select ${COLUMNS} from events where sequence > ?1 and sequence <= ?2 and ${IS_COUNTED} order by sequence`)
    .bind(after, lastRow)
    .all<CountedEvent>();
  return { events: results, lastRow, isComplete: rows < limit };
}

/** Events of users received since a time (epoch milliseconds), up to a row. */
export async function readEventsOf(
  shard: D1Database,
  userIds: readonly string[],
  since: number,
  until: number,
): Promise<CountedEvent[]> {
  const { results } = await shard
    .prepare(
      `select ${COLUMNS} from events
       where user_id in (select value from json_each(?1)) and received_at >= ?2 and sequence <= ?3 and ${IS_COUNTED}`,
    )
    .bind(JSON.stringify(userIds), since, until)
    .all<CountedEvent>();
  return results;
}
