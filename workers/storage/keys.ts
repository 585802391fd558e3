// Keys in D1, stored as digests of their text. They are few, so all of them are published (publish-state.ts) and an
// unknown id costs no query.

import type { Key } from '../../models/contracts/key.ts';
import type { StoredKey } from '../../models/contracts/published-state.ts';

interface Row {
  keyId: string;
  name: string;
  hash: string;
  scopes: string;
  origins: string | null;
  createdAt: number;
  createdBy: string;
  expiresAt: number | null;
  ratePerMinute: number | null;
}

const toTime = (time: number): string => new Date(time).toISOString();

/** Oldest first. */
export async function readKeys(db: D1Database): Promise<StoredKey[]> {
  const { results } = await db
    .prepare(
      `select key_id as keyId, name, hash, scopes, origins, created_at as createdAt, created_by as createdBy,
              expires_at as expiresAt, rate_per_minute as ratePerMinute
       from keys order by created_at, key_id`,
    )
    .all<Row>();
  return results.map(({ scopes, origins, createdAt, expiresAt, ...row }) => ({
    ...row,
    scopes: JSON.parse(scopes),
    createdAt: toTime(createdAt),
    expiresAt: expiresAt === null ? null : toTime(expiresAt),
    origins: origins === null ? null : JSON.parse(origins),
  }));
}

/** Oldest first, without hashes. */
export const listKeys = async (db: D1Database): Promise<Key[]> =>
  (await readKeys(db)).map(({ hash: _, ...key }) => key);

/** False if there are `max` already. */
export async function insertKey(db: D1Database, key: StoredKey, max: number): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `insert into keys (key_id, name, hash, scopes, origins, created_at, created_by, expires_at,
                         rate_per_minute)
       select ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 where (select count(*) from keys) < ?10`,
    )
    .bind(
      key.keyId,
      key.name,
      key.hash,
      JSON.stringify(key.scopes),
      key.origins && JSON.stringify(key.origins),
      Date.parse(key.createdAt),
      key.createdBy,
      key.expiresAt && Date.parse(key.expiresAt),
      key.ratePerMinute,
      max,
    )
    .run();
  return meta.changes > 0;
}

/** False if the key does not exist. */
export async function deleteKey(db: D1Database, keyId: string): Promise<boolean> {
  const { meta } = await db.prepare('delete from keys where key_id = ?1').bind(keyId).run();
  return meta.changes > 0;
}
