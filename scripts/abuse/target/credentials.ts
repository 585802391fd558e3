// The callers of a run, one of each kind: keys of the environment and of the store, tokens, and bearers that open
// nothing.

import { type NewKey, SCOPES, type Scope } from '../../../models/contracts/key.ts';
import { signToken } from '../../../workers/online/player-token.ts';
import type { Client } from './client.ts';
import type { Secrets } from './secrets.ts';

export interface Credential {
  name: string;
  /** Undefined for a caller without a credential. */
  bearer: string | undefined;
  /** Replaces the bearer in a printed command. */
  placeholder: string;
  /** Scopes of a key. */
  scopes: readonly Scope[];
  /** The player of a valid token. */
  userId?: string;
}

/** The player of the token. */
export const PLAYER = 'player-of-token';
const TOKEN_LIFETIME_S = 24 * 3_600;
const DAY_MS = 86_400_000;

/** Creates a stored key for each scope, a guest and tokens. */
export async function createCredentials(client: Client, secrets: Secrets): Promise<Credential[]> {
  const { keys } = secrets;
  const environment = SCOPES.map((scope) => describeKey(scope, keys[scope], scope));
  const stored: Credential[] = [];
  for (const scope of SCOPES)
    stored.push(describeKey(`stored ${scope}`, (await createKey(client, keys.admin, { scopes: [scope] })).key, scope));
  const guest = await createGuest(client);
  return [
    { name: 'none', bearer: undefined, placeholder: '', scopes: [] },
    { name: 'garbage', bearer: 'garbage', placeholder: 'garbage', scopes: [] },
    ...environment,
    ...stored,
    describePlayer('token', await makeToken(secrets, PLAYER), PLAYER),
    describePlayer('guest’s token', guest.token, guest.userId),
    {
      name: 'expired token',
      bearer: await makeToken(secrets, PLAYER, Date.now() - 2 * DAY_MS),
      placeholder: '$EXPIRED_TOKEN',
      scopes: [],
    },
  ];
}

interface KeyFields {
  scopes: Scope[];
  expiresAt?: string;
  origins?: string[];
  ratePerMinute?: number;
}

export const createKey = (client: Client, admin: string, input: KeyFields): Promise<NewKey> =>
  client.read('POST', '/v1/keys', { bearer: admin, json: { name: 'abuse', ...input } });

export const createGuest = (client: Client): Promise<{ userId: string; token: string }> =>
  client.read('POST', '/v1/guests');

/** `now`: epoch milliseconds at which it is issued. */
export async function makeToken({ tokenKey }: Secrets, userId: string, now = Date.now()): Promise<string> {
  const signed = await signToken(userId, TOKEN_LIFETIME_S, { TOKEN_KEY_0: tokenKey }, now);
  return signed!.token;
}

const describeKey = (name: string, bearer: string, scope: Scope): Credential => ({
  name: `${name} key`,
  bearer,
  placeholder: `$${name.toUpperCase().replace(' ', '_')}_KEY`,
  scopes: [scope],
});

const describePlayer = (name: string, bearer: string, userId: string): Credential => ({
  name,
  bearer,
  placeholder: name === 'token' ? '$TOKEN' : '$GUEST_TOKEN',
  scopes: [],
  userId,
});
