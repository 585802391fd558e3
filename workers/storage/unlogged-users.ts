// Players whose object found events missing from the log, as the objects report it. Objects cannot be listed, so this
// is how operators learn of it.

export interface Unlogged {
  users: number;
  events: number;
  /** Reception of the oldest event, epoch milliseconds; null if there are none. */
  oldestAt: number | null;
}

/** Replaces the user's report. */
export async function reportUnlogged(
  db: D1Database,
  userId: string,
  { events, oldestAt }: { events: number; oldestAt: number },
): Promise<void> {
  await db
    .prepare(
      `insert into unlogged_users (user_id, oldest_at, events) values (?1, ?2, ?3)
       on conflict do update set oldest_at = excluded.oldest_at, events = excluded.events`,
    )
    .bind(userId, oldestAt, events)
    .run();
}

export async function withdrawReport(db: D1Database, userId: string): Promise<void> {
  await db.prepare('delete from unlogged_users where user_id = ?1').bind(userId).run();
}

/** Users whose oldest unlogged event was received before a time (epoch milliseconds), the oldest event first. */
export async function listOverdueUsers(db: D1Database, before: number, limit: number): Promise<string[]> {
  const { results } = await db
    .prepare('select user_id as userId from unlogged_users where oldest_at < ?1 order by oldest_at limit ?2')
    .bind(before, limit)
    .all<{ userId: string }>();
  return results.map(({ userId }) => userId);
}

/** Sums over all reports. */
export async function readUnlogged(db: D1Database): Promise<Unlogged> {
  const unlogged = await db
    .prepare(
      `select count(*) as users, coalesce(sum(events), 0) as events, min(oldest_at) as oldestAt from unlogged_users`,
    )
    .first<Unlogged>();
  return unlogged!;
}

/** The same of the users who wait longest, `max` at most: it reads no more rows, however long an outage lasts. */
export async function readOldestUnlogged(db: D1Database, max: number): Promise<Unlogged> {
  const unlogged = await db
    .prepare(
      `select count(*) as users, coalesce(sum(events), 0) as events, min(oldest_at) as oldestAt
       from (select events, oldest_at from unlogged_users order by oldest_at limit ?1)`,
    )
    .bind(max)
    .first<Unlogged>();
  return unlogged!;
}
