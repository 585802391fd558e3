// Users as gorse's API stored them: labels, subscriptions and a comment. Only that API reads them; a player needs no
// such row.

import { openUserHash, wasErased } from './erased-users.ts';

export interface GorseUser {
  userId: string;
  /** Any JSON; null if unset. */
  labels: unknown;
  /** Any JSON; null if unset. */
  subscribe: unknown;
  comment: string;
}
/** Undefined fields stay as they are. */
export type GorseUserPatch = Partial<Omit<GorseUser, 'userId'>>;

/** JSON: SQLite's texts hold neither null characters nor lone surrogates. */
interface Row {
  userId: string;
  labels: string | null;
  subscribe: string | null;
  comment: string;
}

const toText = (value: unknown): string | null =>
  value === undefined || value === null ? null : JSON.stringify(value);
const fromText = (text: string | null): unknown => (text === null ? null : JSON.parse(text));

/** Replaces those that exist. `now`: epoch milliseconds. */
export async function writeGorseUsers(db: D1Database, users: readonly GorseUser[], now: number): Promise<void> {
  const rows = users.map(({ userId, labels, subscribe, comment }) => [
    userId,
    toText(labels),
    toText(subscribe),
    toText(comment),
  ]);
  await db
    .prepare(
      `insert into gorse_users (user_id, labels, subscribe, comment, written_at)
       select value->>0, value->>1, value->>2, value->>3, ?2 from json_each(?1) where true
       on conflict do update set labels = excluded.labels, subscribe = excluded.subscribe,
         comment = excluded.comment, written_at = excluded.written_at`,
    )
    .bind(JSON.stringify(rows), now)
    .run();
}

/** Creates the row if there is none. `now`: epoch milliseconds. */
export async function patchGorseUser(
  db: D1Database,
  userId: string,
  { labels, subscribe, comment }: GorseUserPatch,
  now: number,
): Promise<void> {
  const userHash = (await openUserHash(db))(userId);
  await db.batch([
    // What an erasure has yet to delete must not be taken over.
    db
      .prepare(`delete from gorse_users where user_id = ?1 and ${wasErased('?2', 'written_at')}`)
      .bind(userId, userHash),
    db
      .prepare(
        `insert into gorse_users (user_id, labels, subscribe, comment, written_at)
         values (?1, ?2, ?3, coalesce(?4, '""'), ?5)
         on conflict do update set labels = coalesce(?2, labels), subscribe = coalesce(?3, subscribe),
           comment = coalesce(?4, comment), written_at = ?5`,
      )
      .bind(userId, toText(labels), toText(subscribe), toText(comment), now),
  ]);
}

/** By user id. Erased users are left out, also while their erasure runs. */
export async function readGorseUsers(db: D1Database, userIds: readonly string[]): Promise<Map<string, GorseUser>> {
  const hash = await openUserHash(db);
  const { results } = await db
    .prepare(
      `select user_id as userId, labels, subscribe, comment
       from json_each(?1) join gorse_users on user_id = value->>0
       where not ${wasErased('value->>1', 'written_at')}`,
    )
    .bind(JSON.stringify(userIds.map((userId) => [userId, hash(userId)])))
    .all<Row>();
  return new Map(
    results.map(({ userId, labels, subscribe, comment }) => [
      userId,
      { userId, labels: fromText(labels), subscribe: fromText(subscribe), comment: JSON.parse(comment) },
    ]),
  );
}

/** One page of ids in their order, after `afterId`. */
export async function listGorseUserIds(db: D1Database, afterId: string, limit: number): Promise<string[]> {
  const { results } = await db
    .prepare('select user_id as userId from gorse_users where user_id > ?1 order by user_id limit ?2')
    .bind(afterId, limit)
    .all<{ userId: string }>();
  return results.map(({ userId }) => userId);
}
