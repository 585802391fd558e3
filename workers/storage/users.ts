// Players in D1: when they were seen last, what they prefer, and which guests have become which player.

import { Preferences } from '../../models/contracts/preferences.ts';

/** The players seen last, newest first. */
export async function listUsers(db: D1Database, limit: number): Promise<{ userId: string; lastEventAt: number }[]> {
  const { results } = await db
    .prepare(
      'select user_id as userId, last_event_at as lastEventAt from users order by last_event_at desc, user_id limit ?1',
    )
    .bind(limit)
    .all<{ userId: string; lastEventAt: number }>();
  return results;
}

/** Those seen since a moment, in the order of ids, after `afterId`. */
export async function listActiveUsers(
  db: D1Database,
  since: number,
  afterId: string,
  limit: number,
): Promise<string[]> {
  const { results } = await db
    .prepare('select user_id as userId from users where last_event_at >= ?1 and user_id > ?2 order by user_id limit ?3')
    .bind(since, afterId, limit)
    .all<{ userId: string }>();
  return results.map(({ userId }) => userId);
}

/** A copy of what the player's object keeps. `now`: epoch milliseconds, for a player nobody has seen. */
export async function writePreferences(
  db: D1Database,
  userId: string,
  preferences: Preferences,
  now: number,
): Promise<void> {
  await db
    .prepare(
      `insert into users (user_id, last_event_at, preferences) values (?1, ?3, ?2)
       on conflict do update set preferences = excluded.preferences`,
    )
    .bind(userId, JSON.stringify(preferences), now)
    .run();
}

/** Undefined where there are none. */
export const readPreferences = async (db: D1Database, userId: string): Promise<Preferences | undefined> =>
  (await readManyPreferences(db, [userId])).get(userId);

/** Of those players who have any. */
export async function readManyPreferences(
  db: D1Database,
  userIds: readonly string[],
): Promise<Map<string, Preferences>> {
  const { results } = await db
    .prepare(
      `select user_id as userId, preferences from users
       where user_id in (select value from json_each(?1)) and preferences is not null`,
    )
    .bind(JSON.stringify(userIds))
    .all<{ userId: string; preferences: string }>();
  return new Map(results.map(({ userId, preferences }) => [userId, Preferences.parse(JSON.parse(preferences))]));
}

/**
 * A guest's log becomes the player's, and what is still on the way will, see `readMerges`. Told again it does nothing.
 * `idPrefix`: before the ids of the guest's events, since a player's own may be the same; an id longer than `idLength`
 * is cut.
 */
export async function mergeUsers(
  db: D1Database,
  fromUserId: string,
  toUserId: string,
  { idPrefix, idLength }: { idPrefix: string; idLength: number },
  now: number,
): Promise<void> {
  await db.batch([
    db
      .prepare('insert into merges (from_user_id, to_user_id, merged_at) values (?1, ?2, ?3) on conflict do nothing')
      .bind(fromUserId, toUserId, now),
    db
      .prepare('update or ignore events set user_id = ?2, id = substr(?3 || id, 1, ?4) where user_id = ?1')
      .bind(fromUserId, toUserId, idPrefix, idLength),
    // What was there already.
    db.prepare('delete from events where user_id = ?1').bind(fromUserId),
    db
      .prepare(
        `insert into users (user_id, last_event_at, preferences)
         select ?2, last_event_at, preferences from users where user_id = ?1
         on conflict do update set last_event_at = max(last_event_at, excluded.last_event_at),
           preferences = coalesce(preferences, excluded.preferences)`,
      )
      .bind(fromUserId, toUserId),
    db.prepare('delete from users where user_id = ?1').bind(fromUserId),
    db.prepare('delete from batch_galleries where user_id = ?1').bind(fromUserId),
  ]);
}

/** Who of these has become whom. */
export async function readMerges(db: D1Database, userIds: readonly string[]): Promise<Map<string, string>> {
  const { results } = await db
    .prepare(
      `select from_user_id as fromUserId, to_user_id as toUserId from merges
       where from_user_id in (select value from json_each(?1))`,
    )
    .bind(JSON.stringify(userIds))
    .all<{ fromUserId: string; toUserId: string }>();
  return new Map(results.map(({ fromUserId, toUserId }) => [fromUserId, toUserId]));
}
