// A set of public keys (RFC 7517) that verify the tokens of an issuer. Only the members that verify are kept.

import { z } from 'zod';
import { fail, ok, type Result } from './result.ts';

/** Google's set has 2 KB, Microsoft's 30 KB. */
export const JWK_SET_BYTES_MAX = 128 * 1024;
const KEYS_MAX = 100;
const MEMBER_LENGTH_MAX = 1_500;
/** Length of a 2,048-bit modulus in base64url; RFC 7518 forbids shorter ones. */
const RSA_MODULUS_LENGTH_MIN = 342;

const member = z.string().min(1).max(MEMBER_LENGTH_MAX);
const shared = {
  kid: z.string().max(256).optional(),
  alg: z.string().max(32).optional(),
  use: z.literal('sig').optional(),
};
/** No shared secrets: a secret that verifies can also sign. */
const PublicJwk = z.discriminatedUnion('kty', [
  z.object({ ...shared, kty: z.literal('RSA'), n: member.min(RSA_MODULUS_LENGTH_MIN), e: member }),
  z.object({ ...shared, kty: z.literal('EC'), crv: member, x: member, y: member }),
  z.object({ ...shared, kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: member }),
]);
const Published = z.object({ keys: z.array(z.unknown()).max(KEYS_MAX) });

export interface JwkSet {
  keys: z.infer<typeof PublicJwk>[];
}

/** Leaves out keys that verify no tokens. Fails if none remains. */
export function parseJwkSet(value: unknown): Result<JwkSet, string> {
  const published = Published.safeParse(value);
  if (!published.success) return fail('is not a JWK set');
  const keys = published.data.keys.flatMap((key) => PublicJwk.safeParse(key).data ?? []);
  return keys.length === 0 ? fail('has no public key that can verify tokens') : ok({ keys });
}
