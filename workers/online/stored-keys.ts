// Identifies the caller by a key that `/v1/keys` created. The isolate's copy of the keys decides; for an id that is not
// in it, the published state is read again, at most once a second.

import { readKeyId } from '../../models/contracts/key.ts';
import type { StoredKey } from '../../models/contracts/published-state.ts';
import { findTrusted } from '../credentials/trusted-read.ts';
import type { KeySet } from '../serving/followed-state.ts';
import type { CacheLimits, CacheRead } from '../storage/cache.ts';
import type { KeyCaller } from './caller.ts';
import { ProblemError } from './problems.ts';

export type ReadKeys = (limits?: CacheLimits) => Promise<CacheRead<KeySet>>;

/** The caller's key. */
export interface GivenKey {
  text: string;
  digest: ArrayBuffer;
}

/**
 * Undefined if the key is unknown. Throws `unauthorized` if it has expired, `forbidden` if it may not be used from the
 * origin, `unavailable` if this cannot be decided at the moment. `now`: epoch milliseconds.
 */
export async function findStoredKey(
  { text, digest }: GivenKey,
  readKeys: ReadKeys,
  { origin, now }: { origin: string | undefined; now: number },
): Promise<KeyCaller | undefined> {
  const keyId = readKeyId(text);
  if (keyId === undefined) return undefined;
  const key = await findById(keyId, readKeys, now);
  if (key === undefined || !hasHash(digest, key.hash)) return undefined;
  if (key.expiresAt !== null && Date.parse(key.expiresAt) <= now)
    throw new ProblemError('unauthorized', `The key expired at ${key.expiresAt}.`);
  if (key.origins !== null && origin !== undefined && !key.origins.includes(origin))
    throw new ProblemError('forbidden', `The key may not be used from the origin ${origin}.`);
  return {
    kind: 'key',
    keyId,
    credential: { kind: 'stored-key', keyId },
    scopes: key.scopes,
    ...(key.origins && { origins: key.origins }),
    ...(key.expiresAt && { expiresAt: Date.parse(key.expiresAt) }),
    ...(key.ratePerMinute !== null && { ratePerMinute: key.ratePerMinute }),
  };
}

async function findById(keyId: string, readKeys: ReadKeys, now: number): Promise<StoredKey | undefined> {
  const found = await findTrusted(readKeys, ({ byId }) => byId.get(keyId), now);
  if (found === 'unread')
    throw new ProblemError('unavailable', 'The key cannot be checked at the moment. Send the same request again.');
  return found;
}

const hasHash = (digest: ArrayBuffer, hash: string): boolean =>
  crypto.subtle.timingSafeEqual(digest, Buffer.from(hash, 'hex'));
