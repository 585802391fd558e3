// What D1 keeps of events that have left it: the last event of each mark kind, by player and item. A player's signals
// and the pages composed without its object need no more of the past: which games are owned, played, liked, dismissed.

import { MARK_KINDS } from '../../models/contracts/signals.ts';
import { wasErased } from './erased-users.ts';

const MARK_TYPES = MARK_KINDS.map((kind) => `'${kind}'`).join(', ');

/** Reads the marks of players as the events that left them; fields that no signal needs are null. */
export const selectArchivedMarks = (db: D1Database, userIds: readonly string[]): D1PreparedStatement =>
  db
    .prepare(
      `select id, user_id as userId, type, nullif(item_id, '') as itemId, value, null as query, timestamp,
         timestamp as receivedAt, null as recommendationId, null as position, null as platform, null as country,
         null as locale
       from archived_marks where user_id in (select value from json_each(?1))`,
    )
    .bind(JSON.stringify(userIds));

/**
 * Deletes the events up to a sequence and keeps their marks: two statements of one transaction. Idempotent; returns the
 * number of deleted events.
 */
export async function deleteEventsUntil(db: D1Database, sequence: number): Promise<number> {
  const [, deleted] = await db.batch([
    // SQLite takes the bare columns from the row that holds the maximum.
    db
      .prepare(
        `insert into archived_marks (user_id, item_id, type, id, value, timestamp)
         select user_id, coalesce(item_id, ''), type, id, value, max(timestamp) from events
         where sequence <= ?1 and type in (${MARK_TYPES}) group by 1, 2, 3
         on conflict do update set id = excluded.id, value = excluded.value, timestamp = excluded.timestamp
         where excluded.timestamp > archived_marks.timestamp`,
      )
      .bind(sequence),
    db.prepare('delete from events where sequence <= ?1').bind(sequence),
  ]);
  return deleted!.meta.changes;
}

/**
 * Moves a merged guest's marks to its player, except those from before the player was erased. `prefix`: prepended to
 * the ids; `userHash`: the player's.
 */
export const moveArchivedMarks = (
  db: D1Database,
  { fromUserId, toUserId, prefix, userHash }: Record<'fromUserId' | 'toUserId' | 'prefix' | 'userHash', string>,
): D1PreparedStatement[] => [
  db
    .prepare(
      `insert into archived_marks (user_id, item_id, type, id, value, timestamp)
       select ?2, item_id, type, ?3 || id, value, timestamp from archived_marks
       where user_id = ?1 and not ${wasErased('?4', 'timestamp')}
       on conflict do update set id = excluded.id, value = excluded.value, timestamp = excluded.timestamp
       where excluded.timestamp > archived_marks.timestamp`,
    )
    .bind(fromUserId, toUserId, prefix, userHash),
  db.prepare('delete from archived_marks where user_id = ?1').bind(fromUserId),
];
