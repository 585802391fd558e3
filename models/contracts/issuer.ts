// An issuer of players' tokens other than this Worker, such as a store's OpenID provider, and the ids of its players.

import { z } from 'zod';
import type { JwkSet } from './jwk-set.ts';
import { fail, ok, type Result } from './result.ts';
import { text } from './text.ts';
import { GUEST_PREFIX, UserId } from './user-id.ts';

export const ISSUERS_MAX = 20;
export const ISSUER_BODY_BYTES_MAX = 8 * 1024;
const URL_LENGTH_MAX = 2_048;
const CLAIM_LENGTH_MAX = 200;
/** The issuer's name in this Worker's own tokens: no other issuer can have it. */
export const OWN_ISSUER = 'bloodstream';

/** One colon, at the end: no prefix is the beginning of another, so ids with different prefixes differ. */
const PREFIX_PATTERN = /^[a-z0-9][a-z0-9-]{0,30}:$/;
/** Marks the digest of an id that is not valid here. An id that begins with it is always digested. */
const DIGEST_MARK = '~';

const fields = {
  issuer: text(URL_LENGTH_MAX)
    .refine((issuer) => issuer !== OWN_ISSUER, 'is this Worker')
    .meta({
      description: 'The claim `iss` of its tokens, exactly.',
      example: 'https://api.epicgames.dev/auth/v1/oauth',
    }),
  jwksUrl: z.string().max(URL_LENGTH_MAX).meta({
    description: 'URL of its public keys, a JWK set: https, with a public host name; redirects are not followed.',
    example: 'https://api.epicgames.dev/auth/v1/oauth/jwks',
  }),
  audience: text(URL_LENGTH_MAX).meta({
    description: 'A value of the claim `aud`: usually the id of your client at the issuer.',
    example: 'xyza7891TestClient',
  }),
  claim: text(CLAIM_LENGTH_MAX)
    .default('sub')
    .meta({
      description:
        'The claim with the player’s id at the issuer: a text that the issuer gives to one player alone and that ' +
        'players cannot change.',
      example: 'sub',
    }),
  prefix: z
    .string()
    .regex(
      PREFIX_PATTERN,
      'must be lower-case letters, digits and hyphens, and end with a colon; at most 32 characters',
    )
    .refine((prefix) => prefix !== GUEST_PREFIX, 'is the prefix of guests')
    .meta({
      description:
        'The ids of the issuer’s players begin with it here. Issuers with the same prefix must have the same ' +
        '`issuer` and `claim`.',
      example: 'epic:',
    }),
};

export const IssuerInput = z
  .strictObject({
    ...fields,
    adoptPlayers: z
      .boolean()
      .default(false)
      .meta({
        description:
          '`true` gives existing players whose ids begin with the prefix to the issuer’s players with the same ids. ' +
          'Without it, such players are a conflict.',
      }),
  })
  .meta({ id: 'IssuerInput' });
export type IssuerInput = z.infer<typeof IssuerInput>;

export const Issuer = z
  .object({
    issuerId: z.string(),
    ...fields,
    claim: z.string(),
    createdAt: z.iso.datetime(),
    createdBy: z.string().meta({ description: 'Id of the key that created it.' }),
    keys: z
      .object({
        count: z.number().int().meta({ description: 'Public keys that can verify tokens.' }),
        readAt: z.iso.datetime().meta({ description: 'Time at which they were last read from the URL.' }),
        failure: z
          .string()
          .nullable()
          .meta({ description: 'Error of the last attempt to read them; null if it succeeded.' }),
      })
      .meta({ description: 'The issuer’s keys as last read; they stay in use while the URL fails.' }),
  })
  .meta({ id: 'Issuer' });
export type Issuer = z.infer<typeof Issuer>;

/** An issuer with its public keys as last read. Times: epoch milliseconds. */
export interface StoredIssuer extends Omit<Issuer, 'createdAt' | 'keys'> {
  createdAt: number;
  /** The same object until the keys change. */
  jwks: JwkSet;
  /** When the keys were last read from the issuer. */
  keysReadAt: number;
  /** Start of the last attempt to read them. Later than `keysReadAt`: it has failed, or has not ended. */
  keysTriedAt: number;
  keysFailure: string | null;
}

/**
 * Returns the id of an issuer's player: the prefix and the player's id at the issuer, or, if that is not valid in an id
 * here, the prefix, `~` and its SHA-256. Different players always get different ids. `digest`: SHA-256 in base64url.
 */
export async function toUserId(
  prefix: string,
  value: unknown,
  digest: (text: string) => Promise<string>,
): Promise<Result<string, string>> {
  // UTF-8 cannot hold lone surrogates, so different texts would have the same digest.
  if (typeof value !== 'string' || value === '' || !value.isWellFormed()) return fail('is not a text');
  const own = `${prefix}${value}`;
  if (!value.startsWith(DIGEST_MARK) && UserId.safeParse(own).success) return ok(own);
  return ok(`${prefix}${DIGEST_MARK}${await digest(value)}`);
}
