// Players in D1. The time they were last seen is in each database of the log that has events of theirs. Preferences and
// identity merges are in the database of small data, which may be the first of the log's.

import type { PlayerEvent } from '../../models/contracts/event.ts';
import { Preferences } from '../../models/contracts/preferences.ts';
import { mergedEventId, mergedEventPrefix } from '../../models/features/signals.ts';
import { moveArchivedMarks } from './archived-marks.ts';
import { openUserHash, readErasedAt, wasErased } from './erased-users.ts';
import { happenedAt } from './events.ts';
import { askShards, type LogShards, workOnShards } from './log-shards.ts';
import { MOVED, readMerges } from './merges.ts';
import { compareUtf8 } from './parquet.ts';
import { movePlayerCounts } from './player-counts.ts';
import { seedShard } from './seed-shard.ts';

export interface Sighting {
  userId: string;
  /** Epoch milliseconds. */
  lastEventAt: number;
}

/** The players seen last, most recent first. `databases`: all databases with players. */
export async function listUsers(databases: LogShards, limit: number): Promise<Sighting[]> {
  const sightings = await askShards(databases, async (db) => {
    const newest = db.prepare(
      'select user_id as userId, last_event_at as lastEventAt from users order by last_event_at desc, user_id limit ?1',
    );
    return (await newest.bind(limit).all<Sighting>()).results;
  });
  const order = (a: Sighting, b: Sighting) => b.lastEventAt - a.lastEventAt || compareUtf8(a.userId, b.userId);
  return mergeSightings(sightings).sort(order).slice(0, limit);
}

/** One page of the players seen since a time, ordered by id, after `afterId`. `databases`: all that have players. */
export async function listActiveUsers(
  databases: LogShards,
  since: number,
  afterId: string,
  limit: number,
): Promise<Sighting[]> {
  const sightings = await askShards(databases, async (db) => {
    const { results } = await db
      .prepare(
        `select user_id as userId, last_event_at as lastEventAt from users
         where last_event_at >= ?1 and user_id > ?2 order by user_id limit ?3`,
      )
      .bind(since, afterId, limit)
      .all<Sighting>();
    return results;
  });
  return mergeSightings(sightings)
    .sort((a, b) => compareUtf8(a.userId, b.userId))
    .slice(0, limit);
}

/** One of each player, the latest. */
export function mergeSightings(sightings: readonly Sighting[]): Sighting[] {
  const latest = new Map<string, Sighting>();
  for (const sighting of sightings)
    if (sighting.lastEventAt > (latest.get(sighting.userId)?.lastEventAt ?? Number.NEGATIVE_INFINITY))
      latest.set(sighting.userId, sighting);
  return [...latest.values()];
}

/** Stores a copy of the preferences in the player's object. `now`: epoch milliseconds, used for a new player. */
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

/** Undefined if the player has none. */
export const readPreferences = async (db: D1Database, userId: string): Promise<Preferences | undefined> =>
  (await readManyPreferences(db, [userId])).get(userId);

/** By user id; players without preferences are left out. */
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
 * Moves the logs of finished guests among these users to their players, following chains of merges; an event stays in
 * its shard. `db` has the merges. Idempotent.
 */
export async function moveMergedLogs(db: D1Database, shards: LogShards, userIds: readonly string[]): Promise<void> {
  const merges = await readMerges(db, userIds, MOVED);
  for (const [from, to] of merges) {
    await workOnShards(shards, async (shard) => {
      await seedShard(db, shard);
      await moveLog(shard, from, to);
    });
    await db.batch(moveUser(db, from, to, (await openUserHash(db))(to)));
  }
  if (merges.size > 0) await moveMergedLogs(db, shards, [...merges.values()]);
}

/** Events from before the player's erasure are not moved; the guest's remaining rows are deleted. */
async function moveLog(db: D1Database, fromUserId: string, toUserId: string): Promise<void> {
  const userHash = (await openUserHash(db))(toUserId);
  const prefix = mergedEventPrefix(fromUserId);
  await db.batch([
    db
      .prepare(
        `update or ignore events set user_id = ?2, id = ?3 || id
         where user_id = ?1 and not ${wasErased('?4', 'min(timestamp, received_at)')}`,
      )
      .bind(fromUserId, toUserId, prefix, userHash),
    // Events that the player already had, or that are from before the erasure.
    db.prepare('delete from events where user_id = ?1').bind(fromUserId),
    ...moveArchivedMarks(db, { fromUserId, toUserId, prefix, userHash }),
    ...moveUser(db, fromUserId, toUserId, userHash),
    ...movePlayerCounts(db, fromUserId, toUserId, userHash),
  ]);
}

/** Preferences have no time here, so they count as older than any erasure. `userHash`: the player's. */
const moveUser = (db: D1Database, fromUserId: string, toUserId: string, userHash: string): D1PreparedStatement[] => [
  db
    .prepare(
      `insert into users (user_id, last_event_at, preferences)
       select ?2, last_event_at, iif(${wasErased('?3', '0')}, null, preferences) from users
       where user_id = ?1 and not ${wasErased('?3', 'last_event_at')}
       on conflict do update set last_event_at = max(last_event_at, excluded.last_event_at),
         preferences = coalesce(preferences, excluded.preferences)`,
    )
    .bind(fromUserId, toUserId, userHash),
  db.prepare('delete from users where user_id = ?1').bind(fromUserId),
  // The player's own row stays.
  db
    .prepare(
      `update or ignore gorse_users set user_id = ?2 where user_id = ?1 and not ${wasErased('?3', 'written_at')}`,
    )
    .bind(fromUserId, toUserId, userHash),
  db.prepare('delete from gorse_users where user_id = ?1').bind(fromUserId),
  db.prepare('delete from batch_galleries where user_id = ?1').bind(fromUserId),
];

/**
 * The events, with those of finished guests as events of their players, through chains of merges. Events of an erased
 * guest from before the erasure keep the guest's id, under which the log rejects them.
 */
export async function followMerges(db: D1Database, events: readonly PlayerEvent[]): Promise<readonly PlayerEvent[]> {
  const merges = await readMerges(db, [...new Set(events.map(({ userId }) => userId))], MOVED);
  if (merges.size === 0) return events;
  const erasedAt = await readErasedAt(db, [...merges.keys()]);
  const stays = (event: PlayerEvent) =>
    !merges.has(event.userId) || happenedAt(event) <= (erasedAt.get(event.userId) ?? Number.NEGATIVE_INFINITY);
  const moved = events
    .filter((event) => !stays(event))
    .map((event) => ({ ...event, id: mergedEventId(event.userId, event.id), userId: merges.get(event.userId)! }));
  return [...events.filter(stays), ...(await followMerges(db, moved))];
}
