// Issuers of players' tokens in D1, each with its public keys as last read. They are few, so all of them are published
// (publish-state.ts), and an isolate that just started has the keys of an issuer that is down.

import type { StoredIssuer } from '../../models/contracts/issuer.ts';
import type { JwkSet } from '../../models/contracts/jwk-set.ts';
import { askShards, type LogShards } from './log-shards.ts';

/** Oldest first. */
export async function readIssuers(db: D1Database): Promise<StoredIssuer[]> {
  const { results } = await db
    .prepare(
      `select issuer_id as issuerId, issuer, jwks_url as jwksUrl, audience, claim, prefix, created_at as createdAt,
              created_by as createdBy, jwks, keys_read_at as keysReadAt, keys_tried_at as keysTriedAt,
              keys_failure as keysFailure
       from issuers order by created_at, issuer_id`,
    )
    .all<Omit<StoredIssuer, 'jwks'> & { jwks: string }>();
  return results.map((row) => ({ ...row, jwks: JSON.parse(row.jwks) }));
}

/**
 * False if there are `max` already, if one has the same issuer and audience, or if the prefix belongs to another issuer
 * or claim.
 */
export async function insertIssuer(db: D1Database, issuer: StoredIssuer, max: number): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `insert into issuers (issuer_id, issuer, jwks_url, audience, claim, prefix, created_at, created_by, jwks,
                            keys_read_at, keys_tried_at)
       select ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10 where (select count(*) from issuers) < ?11
         and not exists (select 1 from issuers where prefix = ?6 and (issuer <> ?2 or claim <> ?5))
       on conflict do nothing`,
    )
    .bind(
      issuer.issuerId,
      issuer.issuer,
      issuer.jwksUrl,
      issuer.audience,
      issuer.claim,
      issuer.prefix,
      issuer.createdAt,
      issuer.createdBy,
      JSON.stringify(issuer.jwks),
      issuer.keysReadAt,
      max,
    )
    .run();
  return meta.changes > 0;
}

/** False if the issuer does not exist. */
export async function deleteIssuer(db: D1Database, issuerId: string): Promise<boolean> {
  const { meta } = await db.prepare('delete from issuers where issuer_id = ?1').bind(issuerId).run();
  return meta.changes > 0;
}

/**
 * Claims the reading of an issuer's keys from their URL. False if any isolate has claimed it after `before`. Times:
 * epoch milliseconds.
 */
export async function claimKeyRead(db: D1Database, issuerId: string, before: number, now: number): Promise<boolean> {
  const { meta } = await db
    .prepare('update issuers set keys_tried_at = ?3 where issuer_id = ?1 and keys_tried_at <= ?2')
    .bind(issuerId, before, now)
    .run();
  return meta.changes > 0;
}

/** `readAt`: start of the attempt that read them. */
export async function storeKeys(db: D1Database, issuerId: string, jwks: JwkSet, readAt: number): Promise<void> {
  await db
    .prepare(
      `update issuers set jwks = ?2, keys_read_at = ?3, keys_failure = null
       where issuer_id = ?1 and keys_read_at < ?3`,
    )
    .bind(issuerId, JSON.stringify(jwks), readAt)
    .run();
}

export async function storeKeyFailure(db: D1Database, issuerId: string, failure: string): Promise<void> {
  await db.prepare('update issuers set keys_failure = ?2 where issuer_id = ?1').bind(issuerId, failure).run();
}

/** True if any known player's id begins with the prefix, which ends with a colon. `databases`: all with players. */
export async function hasPlayersWithPrefix(databases: LogShards, prefix: string): Promise<boolean> {
  // The character after the colon: all ids with the prefix are between the two.
  const end = `${prefix.slice(0, -1)};`;
  const found = await askShards(databases, async (db) => {
    const first = db.prepare(
      `select user_id from users where user_id >= ?1 and user_id < ?2
       union all select user_id from gorse_users where user_id >= ?1 and user_id < ?2 limit 1`,
    );
    return (await first.bind(prefix, end).all()).results;
  });
  return found.length > 0;
}
