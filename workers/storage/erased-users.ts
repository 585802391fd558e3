// Players who were erased: events, slates and galleries from before that are not written again. The list holds hashes
// of user ids, so that it names nobody by itself. Erasing is workers/personal-data.

import { createHmac } from 'node:crypto';

const KEY_BYTES = 32;
/** 128 bits in base64url: two of a billion players share a hash with a probability below 10⁻²⁰. */
const HASH_LENGTH = 22;
/** Keeps a parameter below 2 MB. */
const USERS_PER_PAGE = 10_000;

// The key of a database never changes.
const keys = new WeakMap<D1Database, string>();

export type HashUser = (userId: string) => string;

/** Throws if the database cannot be read. */
export async function openUserHash(db: D1Database): Promise<HashUser> {
  const key = keys.get(db) ?? (await readKey(db));
  keys.set(db, key);
  // A player's events come one after the other.
  let last = { userId: '', hash: '' };
  return (userId) => {
    if (last.hash === '' || last.userId !== userId) last = { userId, hash: hashUser(userId, key) };
    return last.hash;
  };
}

const hashUser = (userId: string, key: string): string =>
  createHmac('sha256', key).update(userId).digest('base64url').slice(0, HASH_LENGTH);

export const hasUserKey = async (db: D1Database): Promise<boolean> =>
  (await db.prepare('select 1 from erasure_key').first()) !== null;

/** Gives a database the key of another. */
export async function writeUserKey(from: D1Database, to: D1Database): Promise<void> {
  await to
    .prepare('insert into erasure_key (id, key) values (1, ?1) on conflict do nothing')
    .bind(await readKey(from))
    .run();
}

/** Copies the list to a database that has, or will have, the same key. */
export async function copyErasedUsers(from: D1Database, to: D1Database): Promise<void> {
  let page: { userHash: string; erasedAt: number }[];
  let last = '';
  do {
    const read = from
      .prepare(
        `select user_hash as userHash, erased_at as erasedAt from erased_users
         where user_hash > ?1 order by user_hash limit ?2`,
      )
      .bind(last, USERS_PER_PAGE);
    page = (await read.all<(typeof page)[number]>()).results;
    await to
      .prepare(
        `insert into erased_users (user_hash, erased_at) select value->>0, value->>1 from json_each(?1) where true
         on conflict do update set erased_at = max(erased_at, excluded.erased_at)`,
      )
      .bind(JSON.stringify(page.map(({ userHash, erasedAt }) => [userHash, erasedAt])))
      .run();
    last = page.at(-1)?.userHash ?? '';
  } while (page.length === USERS_PER_PAGE);
}

/** Makes the key the first time. */
async function readKey(db: D1Database): Promise<string> {
  const made = Buffer.from(crypto.getRandomValues(new Uint8Array(KEY_BYTES))).toString('base64');
  const key = await db
    .prepare('insert into erasure_key (id, key) values (1, ?1) on conflict do update set id = id returning key')
    .bind(made)
    .first<string>('key');
  return key!;
}

/** SQL: true if the user was erased at the time or later. Both are SQL expressions. */
export const wasErased = (userHash: string, time: string): string =>
  `exists (select 1 from erased_users where user_hash = ${userHash} and erased_at >= ${time})`;

/** Statement that adds the users, or moves their time to `erasedAt` (epoch milliseconds). */
export const insertErasedUsers = (
  db: D1Database,
  userHashes: readonly string[],
  erasedAt: number,
): D1PreparedStatement =>
  db
    .prepare(
      `insert into erased_users (user_hash, erased_at) select value, ?2 from json_each(?1) where true
       on conflict do update set erased_at = max(erased_at, excluded.erased_at)`,
    )
    .bind(JSON.stringify(userHashes), erasedAt);

/** When each of the users was erased, epoch milliseconds; the others are left out. */
export async function readErasedAt(db: D1Database, userIds: readonly string[]): Promise<Map<string, number>> {
  const hash = await openUserHash(db);
  const byHash = new Map(userIds.map((userId) => [hash(userId), userId]));
  const { results } = await db
    .prepare(
      `select user_hash as userHash, erased_at as erasedAt from erased_users
       where user_hash in (select value from json_each(?1))`,
    )
    .bind(JSON.stringify([...byHash.keys()]))
    .all<{ userHash: string; erasedAt: number }>();
  return new Map(results.map(({ userHash, erasedAt }) => [byHash.get(userHash)!, erasedAt]));
}

/**
 * SQL: the sum of the times of all erasures, which changes with each. A float, because an integer would overflow in
 * time.
 */
const ERASURE_MARK = '(select total(erased_at) from erased_users)';

/** A number that changes with each erasure: as long as it is the same, nobody was erased since it was read. */
export const readErasureMark = async (db: D1Database): Promise<number> =>
  (await db.prepare(`select ${ERASURE_MARK} as mark`).first<number>('mark'))!;

/** SQL: true if there was no erasure since the mark was read. `mark`: a SQL expression. */
export const hasErasureMark = (mark: string): string => `${ERASURE_MARK} = ${mark}`;
