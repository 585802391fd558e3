// The token of a player: a JWT that this Worker signs and verifies by itself, without I/O. Each endpoint declares
// whether it is open to tokens.

import { errors, jwtVerify, SignJWT } from 'jose';
import { OWN_ISSUER } from '../../models/contracts/issuer.ts';
import { fail, ok, type Result } from '../../models/contracts/result.ts';
import { TOKEN_LEEWAY_S } from '../../models/contracts/token.ts';
import { isGuestId, UserId } from '../../models/contracts/user-id.ts';
import { chooseSigningKey, importTokenKeys, TOKEN_ALGORITHM, type TokenKeySlots } from '../credentials/token-keys.ts';
import type { PlayerCaller } from './caller.ts';

// The issuer's name is the same for every deployment: a token is valid in one alone, since no other has its keys.
const AUDIENCE = 'bloodstream';

const TOKEN_FORM = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** True if a bearer has the form of a token. */
export const hasTokenForm = (bearer: string): boolean => TOKEN_FORM.test(bearer);

export interface SignedToken {
  token: string;
  /** Epoch seconds. */
  expiresAt: number;
}

/** Undefined if the Worker has no key to sign with. `now`: epoch milliseconds. */
export async function signToken(
  userId: string,
  lifetimeS: number,
  slots: TokenKeySlots,
  now: number,
): Promise<SignedToken | undefined> {
  const issuedAt = Math.floor(now / 1000);
  const key = chooseSigningKey(await importTokenKeys(slots), issuedAt);
  if (key === undefined) return undefined;
  const expiresAt = issuedAt + lifetimeS;
  const token = await new SignJWT()
    .setProtectedHeader({ alg: TOKEN_ALGORITHM, kid: key.kid, typ: 'JWT' })
    .setSubject(userId)
    .setIssuer(OWN_ISSUER)
    .setAudience(AUDIENCE)
    .setIssuedAt(issuedAt)
    .setExpirationTime(expiresAt)
    .sign(key.privateKey);
  return { token, expiresAt };
}

/** The error is for the caller. `now`: epoch milliseconds. */
export async function verifyToken(
  token: string,
  slots: TokenKeySlots,
  now: number,
): Promise<Result<PlayerCaller, string>> {
  const keys = await importTokenKeys(slots);
  try {
    const { payload, protectedHeader } = await jwtVerify(token, ({ kid }) => findKey(keys, kid), {
      algorithms: [TOKEN_ALGORITHM],
      typ: 'JWT',
      issuer: OWN_ISSUER,
      audience: AUDIENCE,
      requiredClaims: ['sub', 'iat', 'exp'],
      clockTolerance: TOKEN_LEEWAY_S,
      currentDate: new Date(now),
    });
    const userId = UserId.safeParse(payload.sub);
    if (userId.success)
      return ok({
        kind: 'player',
        userId: userId.data,
        // findKey has found it.
        credential: { kind: 'own-token', kid: protectedHeader.kid! },
        guest: isGuestId(userId.data),
        expiresAt: (payload.exp! + TOKEN_LEEWAY_S) * 1000,
      });
  } catch (error) {
    if (error instanceof errors.JWTExpired) return fail('The token has expired; get a new one.');
    if (!(error instanceof errors.JOSEError)) throw error;
  }
  return fail('The token is not valid here.');
}

function findKey(keys: Awaited<ReturnType<typeof importTokenKeys>>, kid: string | undefined): CryptoKey {
  const key = keys.find((one) => one.kid === kid);
  if (key === undefined) throw new errors.JWKSNoMatchingKey();
  return key.publicKey;
}
