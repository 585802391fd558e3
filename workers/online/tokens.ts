// The endpoints that issue players' tokens: to the store's server for any player, and to anybody for a new guest if
// guests are switched on. The keys that verify tokens are public.

import { z } from '@hono/zod-openapi';
import {
  GUEST_TOKEN_LIFETIME_S,
  TOKEN_LIFETIME_DEFAULT_S,
  TOKEN_LIFETIME_MAX_S,
  TOKEN_LIFETIME_MIN_S,
} from '../../models/contracts/token.ts';
import { GUEST_PREFIX, isGuestId, ME, UserId } from '../../models/contracts/user-id.ts';
import { importTokenKeys } from '../credentials/token-keys.ts';
import { readMergeTarget } from '../storage/merges.ts';
import { type Caller, type PlayerCaller, resolveUserId } from './caller.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import { type SignedToken, signToken } from './player-token.ts';
import { invalidInput, orUnavailable, ProblemError } from './problems.ts';

const TOKEN_BODY_BYTES_MAX = 1_024;
/** Shorter than the time for which a new key is published before it signs (scripts/token-key/choose-slot.ts). */
const PUBLIC_KEYS_MAX_AGE_S = 300;
const GUEST_ID_BYTES = 16;

const TokenBody = z.strictObject({
  userId: UserId.optional().meta({ description: 'Required, except for a new guest.', example: 'player-0001' }),
  expiresIn: z
    .number()
    .int()
    .min(TOKEN_LIFETIME_MIN_S)
    .max(GUEST_TOKEN_LIFETIME_S)
    .optional()
    .meta({
      description:
        `Lifetime in seconds. For a guest: ${GUEST_TOKEN_LIFETIME_S} (30 days) by default and at most. For another ` +
        `player: ${TOKEN_LIFETIME_DEFAULT_S} by default, ${TOKEN_LIFETIME_MAX_S} at most.`,
    }),
  guest: z
    .boolean()
    .optional()
    .meta({ description: `\`true\` without \`userId\` makes a guest. A guest’s id begins with \`${GUEST_PREFIX}\`.` }),
});
const TokenAnswer = z
  .object({
    userId: z.string(),
    token: z.string().meta({ description: 'A JWT; send it as “Authorization: Bearer”.' }),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'Token' });
const PublicKeys = z.object({ keys: z.array(z.looseObject({ kid: z.string() })) }).meta({ id: 'PublicKeys' });

export interface TokenIssuer {
  /** Undefined if there is no key to sign with. */
  signToken(userId: string, lifetimeS: number): Promise<SignedToken | undefined>;
  listPublicKeys(): Promise<{ kid: string }[]>;
  /** True for a guest who has become a player. */
  isMerged(userId: string): Promise<boolean>;
  takesGuests: boolean;
}

const openTokenIssuer = ({ env }: Pick<AppContext, 'env'>): TokenIssuer => ({
  signToken: (userId, lifetimeS) => signToken(userId, lifetimeS, env, Date.now()),
  listPublicKeys: async () => (await importTokenKeys(env)).map(({ publicJwk }) => publicJwk),
  isMerged: async (userId) => (await readMergeTarget(env.DB, userId)) !== undefined,
  takesGuests: env.GUESTS === 'on',
});

type TokenIssuing = Pick<TokenIssuer, 'signToken'>;

export async function postTokens(
  { body, caller }: { body: z.output<typeof TokenBody>; caller: Caller },
  issuer: TokenIssuing & Pick<TokenIssuer, 'isMerged'>,
): Promise<z.output<typeof TokenAnswer>> {
  const userId = caller.kind === 'player' ? resolveGuest(caller, body.userId) : chooseUserId(body);
  // A guest's is long, since nothing else proves who the guest is; one that renews itself must not become shorter.
  const { expiresIn = isGuestId(userId) ? GUEST_TOKEN_LIFETIME_S : TOKEN_LIFETIME_DEFAULT_S } = body;
  if (!isGuestId(userId) && expiresIn > TOKEN_LIFETIME_MAX_S)
    throw invalidInput([{ path: ['expiresIn'], message: `must be ${TOKEN_LIFETIME_MAX_S} or less for an account` }]);
  if (caller.kind === 'player' && (await orUnavailable(issuer.isMerged(userId))))
    throw new ProblemError('conflict', 'The guest has become a player; sign in as that player.');
  return issueToken(userId, expiresIn, issuer);
}

/** Throws `forbidden` unless a guest's token renews itself. */
function resolveGuest(caller: PlayerCaller, named: string = ME): string {
  if (caller.guest) return resolveUserId(caller, named);
  throw new ProblemError('forbidden', 'Only a guest’s token can renew itself; request a new one from your server.');
}

function chooseUserId({ userId, guest }: z.output<typeof TokenBody>): string {
  if (userId === undefined) {
    if (guest === true) return createGuestId();
    throw invalidInput([{ path: ['userId'], message: 'is required, except for a new guest' }]);
  }
  if (guest !== undefined && guest !== isGuestId(userId))
    throw invalidInput([{ path: ['guest'], message: `ids of guests, and no others, begin with “${GUEST_PREFIX}”` }]);
  return userId;
}

export async function postGuests(
  _: unknown,
  { takesGuests, ...issuer }: TokenIssuing & Pick<TokenIssuer, 'takesGuests'>,
): Promise<z.output<typeof TokenAnswer>> {
  if (!takesGuests) throw new ProblemError('not-found', 'Guests are switched off: the setting GUESTS is not “on”.');
  return issueToken(createGuestId(), GUEST_TOKEN_LIFETIME_S, issuer);
}

export async function getPublicKeys(
  _: unknown,
  issuer: Pick<TokenIssuer, 'listPublicKeys'>,
): Promise<z.output<typeof PublicKeys>> {
  return { keys: await issuer.listPublicKeys() };
}

async function issueToken(
  userId: string,
  lifetimeS: number,
  issuer: TokenIssuing,
): Promise<z.output<typeof TokenAnswer>> {
  const signed = await issuer.signToken(userId, lifetimeS);
  if (signed === undefined)
    throw new ProblemError(
      'not-found',
      'This Worker issues no tokens: neither TOKEN_KEY_0 nor TOKEN_KEY_1 has a valid key.',
    );
  return { userId, token: signed.token, expiresAt: new Date(signed.expiresAt * 1000).toISOString() };
}

const createGuestId = (): string =>
  GUEST_PREFIX + Buffer.from(crypto.getRandomValues(new Uint8Array(GUEST_ID_BYTES))).toString('base64url');

const tag = 'Tokens';
const answer = {
  status: 201,
  schema: TokenAnswer,
  description: 'The token.',
  headers: () => ({ 'cache-control': 'no-store' }),
} as const;

const ENDPOINTS: Endpoint<TokenIssuer>[] = [
  defineEndpoint({
    method: 'post',
    path: '/v1/tokens',
    operationId: 'postTokens',
    tag,
    summary: 'Make a token for a player',
    description:
      'The game sends the token instead of a key; it opens its player’s data alone. A guest’s token may renew itself ' +
      'before it expires, for another 30 days, until the guest has become a player.',
    scope: 'mint',
    isOpenToPlayers: true,
    body: { schema: TokenBody, maxBytes: TOKEN_BODY_BYTES_MAX },
    answer,
    problems: [404, 409, 503],
    handle: postTokens,
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/guests',
    operationId: 'postGuests',
    tag,
    summary: 'Become a guest',
    description:
      'Returns the id and token of a new guest, without a key. The token is valid for 30 days; `POST /v1/tokens` ' +
      'renews it. Available only if the setting `GUESTS` is `on`.',
    strictLimit: 'guests',
    answer: { ...answer, description: 'The guest’s id and token.' },
    problems: [404],
    handle: postGuests,
  }),
  defineEndpoint({
    method: 'get',
    path: '/.well-known/jwks.json',
    operationId: 'getPublicKeys',
    tag,
    summary: 'Read the keys that verify tokens',
    answer: {
      schema: PublicKeys,
      description: 'A JWK set (RFC 7517).',
      headers: () => ({ 'cache-control': `public, max-age=${PUBLIC_KEYS_MAX_AGE_S}` }),
    },
    handle: getPublicKeys,
  }),
];

export const routeTokens = (app: App): void => registerEndpoints(app, ENDPOINTS, openTokenIssuer);
