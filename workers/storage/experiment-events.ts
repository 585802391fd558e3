// The events of the log that count in experiments, from one of its databases.

import type { EventType } from '../../models/contracts/event.ts';
import { BEFORE_DAYS, CLOCK_ERROR_MS, COUNTED_TYPES } from '../../models/experiments/user-totals.ts';
import { portionsOf } from './parameters.ts';

const DAY_MS = 86_400_000;

export interface CountedEvent {
  userId: string;
  type: EventType;
  itemId: string | null;
  value: number | null;
  recommendationId: string | null;
  /** Epoch milliseconds. */
  timestamp: number;
  receivedAt: number;
}

const COLUMNS = `user_id as userId, type, item_id as itemId, value, recommendation_id as recommendationId,
  timestamp, received_at as receivedAt`;
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

/** Events of one type and player, before or after the exposure. */
export interface EventSum<P = Player> {
  player: P;
  type: EventType;
  isAfter: boolean;
  count: number;
  /** The sum of their values. */
  value: number;
}

/** A player of an experiment, with the first exposure, epoch milliseconds. */
export interface Player {
  userId: string;
  exposedAt: number;
}

/**
 * Sums up the events of players up to a row: those of BEFORE_DAYS before the exposure, and those after it. The database
 * does, since a robot may have any number of them.
 */
export async function sumEvents<P extends Player>(
  shard: D1Database,
  players: readonly P[],
  until: number,
): Promise<EventSum<P>[]> {
  const sums: EventSum<P>[] = [];
  const toRow = ({ userId, exposedAt }: P) => [
    ...[userId, exposedAt - BEFORE_DAYS * DAY_MS, exposedAt, exposedAt - CLOCK_ERROR_MS],
  ];
  for (const { rows, json } of portionsOf(players, toRow)) {
    const { results } = await shard
      .prepare(SUM_EVENTS)
      .bind(json, until)
      .all<{ player: number; type: EventType; isAfter: number; count: number; value: number }>();
    for (const row of results) sums.push({ ...row, player: rows[row.player]!, isAfter: row.isAfter === 1 });
  }
  return sums;
}

// A cross join, so that SQLite looks each player up.
const SUM_EVENTS = `select player, type, received_at >= given->>2 as isAfter, count(*) as "count", total(value) as value
  from (select key as player, value as given from json_each(?1)) cross join events on user_id = given->>0
  where sequence <= ?2 and ${IS_COUNTED} and received_at >= given->>1
    and (received_at < given->>2 or timestamp >= given->>3)
  group by 1, 2, 3`;
