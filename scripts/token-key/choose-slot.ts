// Chooses the slot for a new key that signs players' tokens, so that no valid token ends early. The published keys say
// what the slots hold: the secrets themselves cannot be read.

import { GUEST_TOKEN_LIFETIME_S, TOKEN_LEEWAY_S } from '../../models/contracts/token.ts';

/** A new key is published for this long before it signs: longer than secrets travel and than anybody caches keys. */
export const PUBLISHED_FIRST_S = 600;

/** As in `/.well-known/jwks.json`; `nbf`: epoch seconds from which on it signs. */
export interface PublishedKey {
  kid: string;
  nbf: number;
}
export interface SlotChoice {
  slot: number;
  /** Epoch seconds. */
  signsFrom: number;
}

/**
 * `now`: epoch seconds. `isForced`: replace the older key even if its tokens are valid, by one that signs at once.
 * Throws if that would be needed.
 */
export function chooseSlot(published: readonly PublishedKey[], now: number, isForced: boolean): SlotChoice {
  const [newest, older] = published.toSorted((a, b) => b.nbf - a.nbf);
  if (newest === undefined) return { slot: 0, signsFrom: now };
  if (older === undefined) return { slot: 1 - slotOf(newest), signsFrom: isForced ? now : now + PUBLISHED_FIRST_S };
  const slot = slotOf(older);
  if (isForced) return { slot, signsFrom: now };
  // The older key signed until the newest began.
  const lastEnd = newest.nbf + GUEST_TOKEN_LIFETIME_S + TOKEN_LEEWAY_S;
  if (now >= lastEnd) return { slot, signsFrom: now + PUBLISHED_FIRST_S };
  throw new Error(
    `tokens of the key in TOKEN_KEY_${slot} are valid until ${new Date(lastEnd * 1000).toISOString()}; ` +
      'run this again then, or with --force if a key has leaked',
  );
}

/** makeTokenKey begins the id with it. */
function slotOf({ kid }: PublishedKey): number {
  const slot = /^([01])-/.exec(kid)?.[1];
  if (slot === undefined) throw new Error(`the published key “${kid}” was not made by npm run token-key`);
  return Number(slot);
}
