// Keys in D1, stored as digests of their text. They are few, so an isolate keeps all of them and an unknown id costs no
// query of its own.

import type { Key } from '../../models/contracts/key.ts';

/** A key with the SHA-256 of its text, in hex. */
export type StoredKey = Key & { hash: string };

export interface KeySet {
  byId: ReadonlyMap<string, StoredKey>;
  /** Time at which it was read, in epoch milliseconds. */
  readAt: number;
}

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

/** `now`: epoch milliseconds. */
export async function readKeySet(db: D1Database, now: number): Promise<KeySet> {
  const { results } = await db
    .prepare(
      `select key_id as keyId, name, hash, scopes, origins, created_at as createdAt, created_by as createdBy,
              expires_at as expiresAt, rate_per_minute as ratePerMinute
       from keys order by created_at, key_id`,
    )
    .all<Row>();
  const keys = results.map(({ scopes, origins, createdAt, expiresAt, ...row }) => ({
    ...row,
    scopes: JSON.parse(scopes),
    createdAt: toTime(createdAt),
    expiresAt: expiresAt === null ? null : toTime(expiresAt),
    origins: origins === null ? null : JSON.parse(origins),
  }));
  return { byId: new Map(keys.map((key) => [key.keyId, key])), readAt: now };
}

/** Oldest first, without hashes. */
export async function listKeys(db: D1Database, now: number): Promise<Key[]> {
  const { byId } = await readKeySet(db, now);
  return [...byId.values()].map(({ hash: _, ...key }) => key);
}

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
