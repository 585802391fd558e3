// Identifies the caller by a key that `/v1/keys` created. The isolate's copy of the keys decides; for an id that is not
// in it, the keys are read from D1 again, at most once a second.

import { sha256Hex } from '../../models/contracts/digest.ts';
import { readKeyId } from '../../models/contracts/key.ts';
import type { CacheRead } from '../storage/cache.ts';
import type { KeySet, StoredKey } from '../storage/keys.ts';
import type { KeyCaller } from './caller.ts';
import { ProblemError } from './problems.ts';

/** For an unknown id, keys older than this are read again, since it may have been created elsewhere. */
const UNKNOWN_MAX_AGE_MS = 1_000;
/** A key deleted elsewhere works this long at most, unless D1 cannot be read. */
export const DELETED_MAX_MS = 60_000;
/** If D1 is slow, an answer that depends on it waits this long. */
const SLOW_WAIT_MS = 5_000;
/** While D1 cannot be read, known keys work this long: nobody can delete a key during such an outage either. */
export const UNREAD_MAX_MS = 10 * 60_000;

/** `maxAgeMs`: older keys are read again first. `waitMs`: how long the caller can wait for that. */
export type ReadKeys = (maxAgeMs?: number, waitMs?: number) => Promise<CacheRead<KeySet>>;

/**
 * Undefined if the key is unknown. Throws `unauthorized` if it has expired, `forbidden` if it may not be used from the
 * origin, `unavailable` if the answer needs D1, which cannot be read. `now`: epoch milliseconds.
 */
export async function findStoredKey(
  given: string,
  readKeys: ReadKeys,
  { origin, now }: { origin: string | undefined; now: number },
): Promise<KeyCaller | undefined> {
  const keyId = readKeyId(given);
  if (keyId === undefined) return undefined;
  const key = await findById(keyId, readKeys, now);
  if (key === undefined || !(await hasHash(given, key.hash))) return undefined;
  if (key.expiresAt !== null && Date.parse(key.expiresAt) <= now)
    throw new ProblemError('unauthorized', `The key expired at ${key.expiresAt}.`);
  if (key.origins !== null && origin !== undefined && !key.origins.includes(origin))
    throw new ProblemError('forbidden', `The key may not be used from the origin ${origin}.`);
  return {
    kind: 'key',
    keyId,
    scopes: key.scopes,
    ...(key.origins && { origins: key.origins }),
    ...(key.expiresAt && { expiresAt: Date.parse(key.expiresAt) }),
    ...(key.ratePerMinute !== null && { ratePerMinute: key.ratePerMinute }),
  };
}

async function findById(keyId: string, readKeys: ReadKeys, now: number): Promise<StoredKey | undefined> {
  const kept = await readKeys();
  const known = isTrusted(kept, now) ? kept.value?.byId.get(keyId) : undefined;
  if (known !== undefined) return known;
  const read = await readKeys(UNKNOWN_MAX_AGE_MS, SLOW_WAIT_MS);
  const key = read.value?.byId.get(keyId);
  if (isTrusted(read, now) && (key !== undefined || read.failure === undefined)) return key;
  throw new ProblemError('unavailable', 'The key cannot be checked at the moment. Send the same request again.');
}

/** Old keys are trusted only if D1 fails: if it is merely slow, a key may have been deleted since. */
const isTrusted = ({ value, isPending = false }: CacheRead<KeySet>, now: number): boolean =>
  value !== undefined && now - value.readAt <= (isPending ? DELETED_MAX_MS : UNREAD_MAX_MS);

async function hasHash(key: string, hash: string): Promise<boolean> {
  return crypto.subtle.timingSafeEqual(Buffer.from(await hashKey(key), 'hex'), Buffer.from(hash, 'hex'));
}

/** Returns the SHA-256 in hex. A key has 256 random bits, so it needs no slow hash. */
export const hashKey = (key: string): Promise<string> => sha256Hex(new TextEncoder().encode(key));
