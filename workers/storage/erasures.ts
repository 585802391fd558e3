// Erasures in D1: which players, which stores are done. The ids stay until the erasure is finished, the rest is its
// receipt. The work itself is workers/personal-data.

import { insertErasedUsers, openUserHash } from './erased-users.ts';
import { type LogShards, workOnShards } from './log-shards.ts';
import { addMergedGuests } from './merges.ts';
import { seedShard } from './seed-shard.ts';

export interface Erasure {
  erasureId: string;
  /** Epoch milliseconds, as all times here. */
  requestedAt: number;
  finishedAt: number | null;
  /** Version of the first snapshot without the player; a training on an earlier one may have seen them. */
  snapshot: string | null;
}

export interface ErasureStore {
  store: string;
  /** The number of rows that it held before. */
  rows: number;
  finishedAt: number | null;
}

const ERASURE = 'erasure_id as erasureId, requested_at as requestedAt, finished_at as finishedAt, snapshot';

/**
 * Begins an erasure, and refuses from now on what the player did until `now`. Returns the erasure that is running if
 * there is one. If a shard fails, the erasure has begun, and its next run updates the shard.
 */
export async function beginErasure(db: D1Database, shards: LogShards, userId: string, now: number): Promise<Erasure> {
  const erasureId = crypto.randomUUID();
  const userHash = (await openUserHash(db))(userId);
  const ifBegun = 'exists (select 1 from erasures where erasure_id = ?1)';
  const answers = await db.batch<Erasure>([
    db
      .prepare(
        `insert into erasures (erasure_id, user_hash, requested_at) values (?1, ?2, ?3)
         on conflict (user_hash) where finished_at is null do nothing`,
      )
      .bind(erasureId, userHash, now),
    db
      .prepare(`insert into erasure_users (erasure_id, user_id) select ?1, ?2 where ${ifBegun}`)
      .bind(erasureId, userId),
    db
      .prepare(
        `insert into erased_users (user_hash, erased_at) select ?2, ?3 where ${ifBegun}
         on conflict do update set erased_at = max(erased_at, excluded.erased_at)`,
      )
      .bind(erasureId, userHash, now),
    db.prepare(`select ${ERASURE} from erasures where user_hash = ?1 and finished_at is null`).bind(userHash),
  ]);
  const erasure = answers.at(-1)!.results[0]!;
  await refuseErased(db, shards, [userId], erasure.requestedAt);
  return erasure;
}

/** Writes the users to the list of each database. */
async function refuseErased(
  db: D1Database,
  shards: LogShards,
  userIds: readonly string[],
  erasedAt: number,
): Promise<void> {
  await workOnShards(shards, async (shard) => {
    await seedShard(db, shard);
    const hash = await openUserHash(shard);
    await insertErasedUsers(shard, userIds.map(hash), erasedAt).run();
  });
}

/** Undefined if there is no such erasure. */
export const readErasure = async (db: D1Database, erasureId: string): Promise<Erasure | undefined> =>
  (await db.prepare(`select ${ERASURE} from erasures where erasure_id = ?1`).bind(erasureId).first<Erasure>()) ??
  undefined;

/** By name: the stores that an erasure has begun with. */
export async function readErasureStores(db: D1Database, erasureId: string): Promise<Map<string, ErasureStore>> {
  const { results } = await db
    .prepare('select store, rows, finished_at as finishedAt from erasure_stores where erasure_id = ?1 order by rowid')
    .bind(erasureId)
    .all<ErasureStore>();
  return new Map(results.map((store) => [store.store, store]));
}

/** The erasures that are not finished, oldest first. */
export async function listRunningErasures(db: D1Database): Promise<Erasure[]> {
  const { results } = await db
    .prepare(`select ${ERASURE} from erasures where finished_at is null order by requested_at, erasure_id`)
    .all<Erasure>();
  return results;
}

/** True if one of the users is being erased: they cannot be merged meanwhile. */
export const isBeingErased = async (db: D1Database, userIds: readonly string[]): Promise<boolean> =>
  (await db
    .prepare(`select 1 from erasure_users where user_id in (select value from json_each(?1))`)
    .bind(JSON.stringify(userIds))
    .first()) !== null;

/** The player of an erasure and the guests that were merged into it, whose past is refused from now on too. */
export async function readErasureUsers(
  db: D1Database,
  shards: LogShards,
  { erasureId, requestedAt }: Pick<Erasure, 'erasureId' | 'requestedAt'>,
): Promise<string[]> {
  const { results } = await db
    .prepare('select user_id as userId from erasure_users where erasure_id = ?1')
    .bind(erasureId)
    .all<{ userId: string }>();
  const userIds = await addMergedGuests(
    db,
    results.map(({ userId }) => userId),
  );
  const hash = await openUserHash(db);
  await db.batch([
    insertErasedUsers(db, userIds.map(hash), requestedAt),
    db
      .prepare(
        `insert into erasure_users (erasure_id, user_id) select ?1, value from json_each(?2) where true
         on conflict do nothing`,
      )
      .bind(erasureId, JSON.stringify(userIds)),
  ]);
  await refuseErased(db, shards, userIds, requestedAt);
  return userIds;
}

/** Version of the snapshot before which models have seen a player who was erased; undefined if nobody was. */
export const readErasedSnapshot = async (db: D1Database): Promise<string | undefined> =>
  (await db.prepare('select max(snapshot) as snapshot from erasures').first<string>('snapshot')) ?? undefined;

/** Time of the end of the last erasure: what was read before may include the player. Undefined if there is none. */
export const readLastErasedAt = async (db: D1Database): Promise<number | undefined> =>
  (await db.prepare('select max(finished_at) as erased_at from erasures').first<number>('erased_at')) ?? undefined;

/** Records how many rows a store held before they were erased; a number that is there already stays. */
export async function recordRows(db: D1Database, erasureId: string, store: string, rows: number): Promise<void> {
  await db
    .prepare('insert into erasure_stores (erasure_id, store, rows) values (?1, ?2, ?3) on conflict do nothing')
    .bind(erasureId, store, rows)
    .run();
}

export async function finishStore(db: D1Database, erasureId: string, store: string, now: number): Promise<void> {
  await db
    .prepare('update erasure_stores set finished_at = ?3 where erasure_id = ?1 and store = ?2')
    .bind(erasureId, store, now)
    .run();
}

/** Finishes an erasure: from now on, nothing says whose it was. */
export async function finishErasure(
  db: D1Database,
  erasureId: string,
  snapshot: string | null,
  now: number,
): Promise<void> {
  await db.batch([
    db
      .prepare('update erasures set finished_at = ?2, snapshot = ?3 where erasure_id = ?1 and finished_at is null')
      .bind(erasureId, now, snapshot),
    db.prepare('delete from erasure_users where erasure_id = ?1').bind(erasureId),
  ]);
}
