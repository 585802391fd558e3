// Verifies a token of another issuer with the issuer's keys as last read. It reads no keys: issuer-caller.ts does.

import {
  createLocalJWKSet,
  decodeJwt,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyResult,
  jwtVerify,
} from 'jose';
import { type StoredIssuer, toUserId } from '../../models/contracts/issuer.ts';
import type { JwkSet } from '../../models/contracts/jwk-set.ts';
import { fail, ok, type Result } from '../../models/contracts/result.ts';
import { TOKEN_LEEWAY_S } from '../../models/contracts/token.ts';
import { digestKey } from '../credentials/key-digest.ts';
import { logWarning } from '../logging/log.ts';
import type { PlayerCaller } from './caller.ts';

/** Only asymmetric ones: with a shared secret, every verifier could sign. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
/** ID tokens and access tokens (RFC 9068); other types, such as logout tokens, do not identify a caller. */
const TYPE = /^(?:application\/)?(?:at\+)?jwt$/i;

/** The token is signed with a key that is not among those last read. */
export const UNKNOWN_KEY = Symbol('unknown key');

/** Returns the unverified claims; undefined if they cannot be read. */
export function readClaims(token: string): JWTPayload | undefined {
  try {
    return decodeJwt(token);
  } catch {
    return undefined;
  }
}

/** Finds the issuer with the name and audience of the claims. */
export const findIssuer = (issuers: readonly StoredIssuer[], { iss, aud }: JWTPayload): StoredIssuer | undefined =>
  issuers.find(({ issuer, audience }) => issuer === iss && [aud].flat().includes(audience));

/** Errors other than UNKNOWN_KEY are texts for the caller. `now`: epoch milliseconds. */
export async function verifyIssuerToken(
  token: string,
  { issuerId, issuer, audience, claim, prefix, jwks }: StoredIssuer,
  now: number,
): Promise<Result<PlayerCaller, string | typeof UNKNOWN_KEY>> {
  let verified: JWTVerifyResult;
  try {
    verified = await jwtVerify(token, openKeys(jwks), {
      algorithms: ALGORITHMS,
      issuer,
      audience,
      requiredClaims: ['exp'],
      clockTolerance: TOKEN_LEEWAY_S,
      currentDate: new Date(now),
    });
  } catch (error) {
    if (error instanceof errors.JWTExpired) return fail('The token has expired; get a new one.');
    if (error instanceof errors.JWKSNoMatchingKey) return fail(UNKNOWN_KEY);
    // jose throws other errors for invalid keys: the issuer's fault, and no reason for a 500.
    if (!(error instanceof errors.JOSEError)) logWarning('token not verified', { issuer, error: String(error) });
    return fail('The token is not valid here.');
  }
  const { payload, protectedHeader } = verified;
  if (protectedHeader.typ !== undefined && !TYPE.test(protectedHeader.typ))
    return fail(`The token’s type “${protectedHeader.typ}” does not identify a caller.`);
  const userId = await toUserId(prefix, payload[claim], digestText);
  if (!userId.ok) return fail(`The token’s claim “${claim}” ${userId.error}.`);
  const { kid } = protectedHeader;
  return ok({
    kind: 'player',
    userId: userId.value,
    credential: { kind: 'issuer-token', issuerId, ...(kid !== undefined && { kid }) },
    guest: false,
    expiresAt: (payload.exp! + TOKEN_LEEWAY_S) * 1000,
  });
}

/** The keys by their set, imported once. */
const opened = new WeakMap<JwkSet, JWTVerifyGetKey>();

function openKeys(jwks: JwkSet): JWTVerifyGetKey {
  const known = opened.get(jwks) ?? createLocalJWKSet(jwks as Parameters<typeof createLocalJWKSet>[0]);
  opened.set(jwks, known);
  return known;
}

const digestText = async (text: string): Promise<string> => Buffer.from(await digestKey(text)).toString('base64url');
