// Identity merges in D1: which guest became which player. For 30 days a merge is open: the guest's log stays under its
// own id, readers add it to the player's, and the two can be parted again. Then it is finished: the log moves
// (users.ts), and the two can no longer be told apart.

const DAY_MS = 86_400_000;
/** Days for which a merge stays open. */
export const MERGE_OPEN_DAYS = 30;

/** `finishing`: the log is being moved. `parting`: parted, but the objects may not know yet. */
export type MergeState = 'open' | 'finishing' | 'finished' | 'parting';
/** The guest counts as merged. */
const MERGED: readonly MergeState[] = ['open', 'finishing', 'finished'];
/** The guest's log belongs to the player, or is being moved there. */
export const MOVED: readonly MergeState[] = ['finishing', 'finished'];

/** Merges after this time are open; older ones are due. Epoch milliseconds. */
export const openSince = (now: number): number => now - MERGE_OPEN_DAYS * DAY_MS;
/** Epoch milliseconds. */
export const openUntil = (mergedAt: number): number => mergedAt + MERGE_OPEN_DAYS * DAY_MS;

/**
 * Decides which player a guest is merged into, for good unless the two are parted, and returns that player. Returns
 * undefined and decides nothing if the target was itself merged, if the two are being parted, or if one of them is
 * being erased. That only this function decides prevents circles of merges. `now`: epoch milliseconds.
 */
export async function claimMerge(
  db: D1Database,
  fromUserId: string,
  toUserId: string,
  now: number,
): Promise<string | undefined> {
  const [, claimed] = await db.batch<{ toUserId: string }>([
    db
      .prepare(
        `insert into merges (from_user_id, to_user_id, merged_at, state)
         select ?1, ?2, ?3, 'open' where not exists (select 1 from merges where from_user_id = ?2)
           and not exists (select 1 from erasure_users where user_id in (?1, ?2))
         on conflict do nothing`,
      )
      .bind(fromUserId, toUserId, now),
    db
      .prepare("select to_user_id as toUserId from merges where from_user_id = ?1 and state <> 'parting'")
      .bind(fromUserId),
  ]);
  return claimed!.results[0]?.toUserId;
}

/**
 * SQL: a guest's merge into the player ?1 can be parted. It cannot once it is finished or older than ?2, while the
 * player is itself merged, or while one of the two is being erased.
 */
const PARTABLE = `to_user_id = ?1 and (state = 'parting' or (state = 'open' and merged_at > ?2))
  and not exists (select 1 from merges where from_user_id = ?1)
  and not exists (select 1 from erasure_users where user_id in (from_user_id, to_user_id))`;

export interface PartableMerge {
  guestId: string;
  /** Epoch milliseconds. */
  mergedAt: number;
}

/** The merges into the player that can be parted, latest first, at most `limit`. `since`: as for `beginParting`. */
export async function listPartable(
  db: D1Database,
  toUserId: string,
  since: number,
  limit: number,
): Promise<PartableMerge[]> {
  const { results } = await db
    .prepare(
      `select from_user_id as guestId, merged_at as mergedAt from merges where ${PARTABLE}
       order by merged_at desc, "row" desc limit ?3`,
    )
    .bind(toUserId, since, limit)
    .all<PartableMerge>();
  return results;
}

/**
 * Decides that a merge is parted. False if none can be. `since`: older merges are closed; epoch milliseconds.
 * Idempotent until `deleteParted`.
 */
export async function beginParting(
  db: D1Database,
  fromUserId: string,
  toUserId: string,
  since: number,
): Promise<boolean> {
  const { meta } = await db
    .prepare(`update merges set state = 'parting' where from_user_id = ?3 and ${PARTABLE}`)
    .bind(toUserId, since, fromUserId)
    .run();
  return meta.changes > 0;
}

/** Deletes a merge that was parted, and the gallery that was computed from both. */
export async function deleteParted(db: D1Database, fromUserId: string, toUserId: string): Promise<void> {
  await db.batch([
    db.prepare('delete from batch_galleries where user_id = ?1').bind(toUserId),
    db.prepare("delete from merges where from_user_id = ?1 and state = 'parting'").bind(fromUserId),
  ]);
}

/** From now on, the guest's events are logged as the player's. */
export async function beginFinishing(db: D1Database, fromUserId: string): Promise<void> {
  const begin = db.prepare("update merges set state = 'finishing' where from_user_id = ?1 and state = 'open'");
  await begin.bind(fromUserId).run();
}

/** To be called once the log has been moved. */
export async function endFinishing(db: D1Database, fromUserId: string): Promise<void> {
  const end = db.prepare("update merges set state = 'finished' where from_user_id = ?1 and state = 'finishing'");
  await end.bind(fromUserId).run();
}

export interface Merge {
  /** Increases with each merge. */
  row: number;
  fromUserId: string;
  toUserId: string;
  mergedAt: number;
}

/** One page of the finished merges in the order in which they were decided, after `row`, up to the first other one. */
export async function readMergePage(db: D1Database, row: number, limit: number): Promise<Merge[]> {
  const { results } = await db
    .prepare(
      `select "row", from_user_id as fromUserId, to_user_id as toUserId, merged_at as mergedAt from merges
       where "row" > ?1 and state = 'finished'
         and "row" < coalesce((select min("row") from merges where state <> 'finished'), 9e15)
       order by "row" limit ?2`,
    )
    .bind(row, limit)
    .all<Merge>();
  return results;
}

/** The users and all guests that became one of them, through chains of merges. */
export async function addMergedGuests(db: D1Database, userIds: readonly string[]): Promise<string[]> {
  const { results } = await db
    .prepare(
      `with recursive own (user_id) as (
         select value from json_each(?1)
         union select from_user_id from merges join own on to_user_id = user_id and state <> 'parting'
       ) select user_id as userId from own`,
    )
    .bind(JSON.stringify(userIds))
    .all<{ userId: string }>();
  return results.map(({ userId }) => userId);
}

/** The player that a guest was merged into; undefined for others. */
export const readMergeTarget = async (db: D1Database, userId: string): Promise<string | undefined> =>
  (await readMerges(db, [userId])).get(userId);

/** The player by merged guest, for the given users. */
export async function readMerges(
  db: D1Database,
  userIds: readonly string[],
  states: readonly MergeState[] = MERGED,
): Promise<Map<string, string>> {
  const { results } = await db
    .prepare(
      `select from_user_id as fromUserId, to_user_id as toUserId from merges
       where from_user_id in (select value from json_each(?1)) and state in (select value from json_each(?2))`,
    )
    .bind(JSON.stringify(userIds), JSON.stringify(states))
    .all<{ fromUserId: string; toUserId: string }>();
  return new Map(results.map(({ fromUserId, toUserId }) => [fromUserId, toUserId]));
}

/** The users without those that are guests of others. */
export async function leaveOutMerged<T>(
  db: D1Database,
  users: readonly T[],
  toUserId: (user: T) => string,
): Promise<T[]> {
  const merged = await readMerges(db, users.map(toUserId));
  return users.filter((user) => !merged.has(toUserId(user)));
}

/** The players' guests with open merges, through chains: player by guest. They are logged under their own ids. */
export async function readOpenGuests(db: D1Database, userIds: readonly string[]): Promise<Map<string, string>> {
  const { results } = await db
    .prepare(
      `with recursive own (user_id, player_id) as (
         select value, null from json_each(?1)
         union select from_user_id, to_user_id from merges join own on to_user_id = user_id and state = 'open'
       ) select user_id as userId, player_id as playerId from own where player_id is not null`,
    )
    .bind(JSON.stringify(userIds))
    .all<{ userId: string; playerId: string }>();
  return new Map(results.map(({ userId, playerId }) => [userId, playerId]));
}

export interface DueMerge {
  fromUserId: string;
  toUserId: string;
  state: Exclude<MergeState, 'finished'>;
}

/** Open merges up to `before` (epoch milliseconds), and those that are ending, in the order of their decision. */
export async function listDueMerges(db: D1Database, before: number, limit: number): Promise<DueMerge[]> {
  const { results } = await db
    .prepare(
      `select from_user_id as fromUserId, to_user_id as toUserId, state from merges
       where state in ('finishing', 'parting') or (state = 'open' and merged_at <= ?1) order by "row" limit ?2`,
    )
    .bind(before, limit)
    .all<DueMerge>();
  return results;
}
