// Identifies a player by the token of another issuer, and keeps the issuer's keys up to date: they are read again
// regularly, and at once for a key that is not among them, both at a bounded rate for all isolates together. While the
// issuer is down, the keys as last read stay in use (docs/decisions/0026-the-keys-of-issuers-are-in-d1.md).

import type { JWTPayload } from 'jose';
import type { StoredIssuer } from '../../models/contracts/issuer.ts';
import type { JwkSet } from '../../models/contracts/jwk-set.ts';
import type { Result } from '../../models/contracts/result.ts';
import { findTrusted, UNKNOWN_LIMITS } from '../credentials/trusted-read.ts';
import { logWarning } from '../logging/log.ts';
import type { IssuerSet } from '../serving/followed-state.ts';
import type { CacheLimits, CacheRead } from '../storage/cache.ts';
import { withDeadline } from '../storage/deadline.ts';
import type { PlayerCaller } from './caller.ts';
import { findIssuer, UNKNOWN_KEY, verifyIssuerToken } from './issuer-token.ts';
import { ProblemError } from './problems.ts';

/** Older keys are read again after the answer … */
export const KEYS_FRESH_MS = 10 * 60_000;
/** … and even older ones before it: after a quiet night, a key that the issuer has withdrawn must open nothing. */
export const KEYS_STALE_MS = 3_600_000;
/** All isolates together read an issuer's keys once in this time, however many tokens name unknown keys. */
export const KEYS_INTERVAL_MS = 30_000;
/** A request waits this long for the keys to be read and stored; that goes on behind the answer. */
export const KEYS_WAIT_MS = 10_000;

export interface IssuerKeys {
  /** The isolate's copy, or a newer one. */
  readIssuers(limits?: CacheLimits): Promise<CacheRead<IssuerSet>>;
  /** True if this isolate may read the issuer's keys now: no other has done so since `before`. */
  claimKeyRead(issuerId: string, before: number): Promise<boolean>;
  fetchKeys(jwksUrl: string): Promise<Result<JwkSet, string>>;
  /** Stores the keys or the error; the isolate's copy has them afterwards. */
  storeKeys(issuerId: string, read: Result<JwkSet, string>): Promise<void>;
  waitUntil(work: Promise<unknown>): void;
}

/**
 * `claims`: the token's, unverified, to find its issuer. Throws `unauthorized` if the token is not valid, `unavailable`
 * if this cannot be decided at the moment. `now`: epoch milliseconds.
 */
export async function identifyByIssuer(
  token: string,
  claims: JWTPayload,
  keys: IssuerKeys,
  now: number,
): Promise<PlayerCaller> {
  const find = ({ issuers }: IssuerSet) => findIssuer(issuers, claims);
  const kept = await findTrusted(keys.readIssuers, find, now);
  if (kept === 'unread') throw unavailable();
  if (kept === undefined) throw new ProblemError('unauthorized', 'No issuer here has the token’s issuer and audience.');
  const findAgain = async (limits?: CacheLimits) => {
    const { value } = await keys.readIssuers(limits);
    return value && find(value);
  };
  const issuer = await freshenKeys(kept, keys, findAgain, now);
  const verified = await verifyIssuerToken(token, issuer, now);
  if (verified.ok) return verified.value;
  if (verified.error !== UNKNOWN_KEY) throw new ProblemError('unauthorized', verified.error);
  return verifyWithNewKeys(token, issuer, keys, findAgain, now);
}

type FindAgain = (limits?: CacheLimits) => Promise<StoredIssuer | undefined>;

/** Returns the issuer with keys that are not stale, if they can be read. */
async function freshenKeys(
  issuer: StoredIssuer,
  keys: IssuerKeys,
  findAgain: FindAgain,
  now: number,
): Promise<StoredIssuer> {
  const age = now - issuer.keysReadAt;
  if (age <= KEYS_FRESH_MS || !isDue(issuer, now)) return issuer;
  const read = readKeysBehind(issuer, keys, now);
  if (age <= KEYS_STALE_MS) return issuer;
  await withDeadline(read, KEYS_WAIT_MS).catch(() => {});
  return (await findAgain()) ?? issuer;
}

/** For a key that is not among those of `issuer`: another isolate may have read it, or this one reads it. */
async function verifyWithNewKeys(
  token: string,
  issuer: StoredIssuer,
  keys: IssuerKeys,
  findAgain: FindAgain,
  now: number,
): Promise<PlayerCaller> {
  let latest = (await findAgain(UNKNOWN_LIMITS)) ?? issuer;
  if (latest.jwks === issuer.jwks && isDue(latest, now)) {
    await withDeadline(readKeysBehind(latest, keys, now), KEYS_WAIT_MS).catch(() => {});
    // Another isolate may have read and published them just now.
    latest = (await findAgain({ ...UNKNOWN_LIMITS, maxAgeMs: 0 })) ?? latest;
  }
  const verified = await verifyIssuerToken(token, latest, now);
  if (verified.ok) return verified.value;
  if (verified.error !== UNKNOWN_KEY) throw new ProblemError('unauthorized', verified.error);
  // The last attempt to read them has failed, or is still running.
  if (latest.keysTriedAt > latest.keysReadAt) throw unavailable();
  throw new ProblemError('unauthorized', 'The token’s issuer does not publish the key that signed it.');
}

const isDue = ({ keysTriedAt }: StoredIssuer, now: number): boolean => now - keysTriedAt >= KEYS_INTERVAL_MS;

/** Resolves when the keys have been read and stored, or that has failed. */
function readKeysBehind(issuer: StoredIssuer, keys: IssuerKeys, now: number): Promise<void> {
  const read = readKeys(issuer, keys, now).catch(() => {});
  keys.waitUntil(read);
  return read;
}

/** Reads the keys from the issuer, unless another isolate just did. */
async function readKeys(issuer: StoredIssuer, keys: IssuerKeys, now: number): Promise<void> {
  const { issuerId, jwksUrl } = issuer;
  // In the isolate's copy, before the first await: its other requests must not read the same.
  issuer.keysTriedAt = now;
  if (!(await keys.claimKeyRead(issuerId, now - KEYS_INTERVAL_MS))) return;
  const read = await keys.fetchKeys(jwksUrl);
  if (!read.ok) logWarning('keys of an issuer not read', { issuerId, reason: read.error });
  await keys.storeKeys(issuerId, read);
}

const unavailable = (): ProblemError =>
  new ProblemError('unavailable', 'The token cannot be checked at the moment. Send the same request again.');
