// Decides how long an isolate trusts its copy of the keys and issuers
// (docs/decisions/0023-keys-outlive-a-failing-database.md).

import type { CacheLimits, CacheRead } from '../storage/cache.ts';

/** A key or issuer deleted elsewhere works for this long at most, unless neither R2 nor D1 can be read. */
export const DELETED_MAX_MS = 30_000;
/** While they cannot be read, the copy works for this long: hardly anything can be deleted during such an outage. */
export const UNREAD_MAX_MS = 10 * 60_000;
/**
 * Limits for a key or issuer that the copy lacks: an older copy is read again, since the entry may have been created
 * elsewhere. If R2 is slow, the answer waits for it.
 */
export const UNKNOWN_LIMITS: CacheLimits = { maxAgeMs: 1_000, waitMs: 5_000 };

/** An old copy is trusted only if R2 fails: if R2 is merely slow, an entry may have been deleted since. */
export const isTrusted = <T extends { readAt: number }>({ value, isPending = false }: CacheRead<T>, now: number) =>
  value !== undefined && now - value.readAt <= (isPending ? DELETED_MAX_MS : UNREAD_MAX_MS);

/** Finds an entry in the copy or a newer one; `unread` if the answer depends on what cannot be read. */
export async function findTrusted<T extends { readAt: number }, Found>(
  read: (limits?: CacheLimits) => Promise<CacheRead<T>>,
  find: (copy: T) => Found | undefined,
  now: number,
): Promise<Found | 'unread' | undefined> {
  const kept = await read();
  const known = isTrusted(kept, now) ? find(kept.value!) : undefined;
  if (known !== undefined) return known;
  const again = await read(UNKNOWN_LIMITS);
  if (!isTrusted(again, now)) return 'unread';
  const found = find(again.value!);
  return found === undefined && again.failure !== undefined ? 'unread' : found;
}
