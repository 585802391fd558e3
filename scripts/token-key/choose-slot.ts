// Chooses the slot for a new key that signs players' tokens, so that no valid token becomes invalid. The published keys
// show what the slots hold: the secrets themselves cannot be read.

import { GUEST_TOKEN_LIFETIME_S, TOKEN_LEEWAY_S } from '../../models/contracts/token.ts';

/** A new key is published this long before it signs: longer than secrets take to spread and than keys are cached. */
export const PUBLISHED_FIRST_S = 600;

/** A key as in `/.well-known/jwks.json`. `nbf`: the time from which it signs, in epoch seconds. */
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
 * `now`: epoch seconds. `isForced`: replaces a key even if its tokens are valid, and the new key signs at once. Throws
 * if the older key's tokens are valid and `isForced` is false.
 */
export function chooseSlot(published: readonly PublishedKey[], now: number, isForced: boolean): SlotChoice {
  const [newest, older] = published.toSorted((a, b) => b.nbf - a.nbf);
  if (newest === undefined) return { slot: 0, signsFrom: now };
  if (older === undefined) return { slot: 1 - slotOf(newest), signsFrom: isForced ? now : now + PUBLISHED_FIRST_S };
  // A key that signs only later would stay the newest one: two changes would replace the other one twice.
  if (isForced) return { slot: slotOf(newest.nbf > now ? newest : older), signsFrom: now };
  const slot = slotOf(older);
  // The older key signed until the newest one began to.
  const lastEnd = newest.nbf + GUEST_TOKEN_LIFETIME_S + TOKEN_LEEWAY_S;
  if (now >= lastEnd) return { slot, signsFrom: now + PUBLISHED_FIRST_S };
  throw new Error(
    `tokens of the key in TOKEN_KEY_${slot} are valid until ${new Date(lastEnd * 1000).toISOString()}; ` +
      'run this again then, or with --force if a key has leaked',
  );
}

/** Reads the slot from the key's id, which makeTokenKey begins with it. */
function slotOf({ kid }: PublishedKey): number {
  const slot = /^([01])-/.exec(kid)?.[1];
  if (slot === undefined) throw new Error(`the published key “${kid}” was not made by npm run token-key`);
  return Number(slot);
}
