// The keys that sign players' tokens: two slots in the Worker's environment, each with a private JWK. The key with the
// latest past start signs; both verify and are published. scripts/token-key.ts makes them (docs/decisions/0022).

import { importJWK, type JWK } from 'jose';
import { z } from 'zod';
import { logError } from '../logging/log.ts';

export const TOKEN_ALGORITHM = 'EdDSA';

const PrivateKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  kid: z.string().min(1).max(64),
  /** Time from which the key signs, in epoch seconds. It verifies and is published at once. */
  nbf: z.number().int().nonnegative(),
  x: z.string().max(64),
  d: z.string().max(64),
});

/** Private JWKs as JSON. */
export type TokenKeySlots = Pick<Env, 'TOKEN_KEY_0' | 'TOKEN_KEY_1'>;

export interface TokenKey {
  kid: string;
  /** Epoch seconds. */
  signsFrom: number;
  privateKey: CryptoKey;
  publicKey: CryptoKey;
  publicJwk: JWK & { kid: string; nbf: number };
}

/** Keys by the slot's text; null for an invalid text. Requests share results, never promises. */
const imported = new Map<string, TokenKey | null>();

/** Leaves out slots without a valid key, so that the other slot keeps working; reports them without their content. */
export async function importTokenKeys({ TOKEN_KEY_0, TOKEN_KEY_1 }: TokenKeySlots): Promise<TokenKey[]> {
  const keys: TokenKey[] = [];
  for (const [slot, text] of [TOKEN_KEY_0, TOKEN_KEY_1].entries()) {
    if (text === undefined || text === '') continue;
    let key = imported.get(text);
    if (key === undefined) {
      key = await importTokenKey(text);
      imported.set(text, key);
      if (key === null) logError(`TOKEN_KEY_${slot} is no key of npm run token-key`);
    }
    if (key !== null) keys.push(key);
  }
  return keys;
}

async function importTokenKey(text: string): Promise<TokenKey | null> {
  try {
    const { kid, nbf, d, ...publicPart } = PrivateKey.parse(JSON.parse(text));
    return {
      kid,
      signsFrom: nbf,
      privateKey: (await importJWK({ ...publicPart, d }, TOKEN_ALGORITHM)) as CryptoKey,
      publicKey: (await importJWK(publicPart, TOKEN_ALGORITHM)) as CryptoKey,
      publicJwk: { ...publicPart, kid, nbf, alg: TOKEN_ALGORITHM, use: 'sig' },
    };
  } catch {
    // The error is dropped, since its message could show a part of the key.
    return null;
  }
}

/** Chooses the signing key. A key that starts after `now` (epoch seconds) signs only if no other has started. */
export function chooseSigningKey(keys: readonly TokenKey[], now: number): TokenKey | undefined {
  const byStart = keys.toSorted((a, b) => a.signsFrom - b.signsFrom);
  return byStart.findLast(({ signsFrom }) => signsFrom <= now) ?? byStart[0];
}
