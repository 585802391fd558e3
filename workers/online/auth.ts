// Identifies the caller of a request by a key or a player's token. Closed by default: a request without a valid one is
// refused. caller.ts decides what the caller may do.

import type { Credential } from '../../models/contracts/credential.ts';
import { OWN_ISSUER } from '../../models/contracts/issuer.ts';
import { TOKEN_LENGTH_MAX } from '../../models/contracts/token.ts';
import { type EnvironmentKeys, findEnvironmentKey } from '../credentials/environment-keys.ts';
import { digestKey } from '../credentials/key-digest.ts';
import type { TokenKeySlots } from '../credentials/token-keys.ts';
import { type Isolate, isolate, type ServingEnv } from '../serving/isolate.ts';
import { claimKeyRead, storeKeyFailure, storeKeys } from '../storage/issuers.ts';
import type { IdentifiedCaller } from './caller.ts';
import { type Fetch, fetchJwkSet } from './fetch-jwk-set.ts';
import { type IssuerKeys, identifyByIssuer } from './issuer-caller.ts';
import { readClaims } from './issuer-token.ts';
import { hasTokenForm, verifyToken } from './player-token.ts';
import { ProblemError } from './problems.ts';
import { findStoredKey } from './stored-keys.ts';

export type AuthEnv = EnvironmentKeys & TokenKeySlots & ServingEnv;
type WaitUntil = (promise: Promise<unknown>) => void;

const BEARER = new RegExp(`^Bearer ([^\\s]{1,${TOKEN_LENGTH_MAX}})$`, 'i');
/** A browser's WebSocket can set no header except the list of subprotocols. The bearer is in base64url. */
const SOCKET_BEARER = new RegExp(`(?:^|,\\s*)bearer\\.([\\w-]{1,${Math.ceil((TOKEN_LENGTH_MAX * 4) / 3)}})(?:,|$)`);

function readBearer(header: (name: string) => string | undefined): string | undefined {
  const bearer = BEARER.exec(header('authorization') ?? '')?.[1];
  if (bearer !== undefined || header('upgrade')?.toLowerCase() !== 'websocket') return bearer;
  const encoded = SOCKET_BEARER.exec(header('sec-websocket-protocol') ?? '')?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64url').toString('utf8');
}

/** Throws `unauthorized` if the caller cannot be identified. */
export async function authenticate(
  env: AuthEnv,
  header: (name: string) => string | undefined,
  waitUntil: WaitUntil,
): Promise<IdentifiedCaller> {
  const bearer = readBearer(header);
  if (bearer === undefined)
    throw new ProblemError('unauthorized', 'Send the header “Authorization: Bearer <key or token>”.');
  const now = Date.now();
  const digest = await digestKey(bearer);
  const environmentKey = await findEnvironmentKey(digest, env);
  if (environmentKey !== undefined) {
    const credential: Credential = { kind: 'environment-key', digest: Buffer.from(digest).toString('hex') };
    return { kind: 'key', credential, ...environmentKey };
  }
  if (hasTokenForm(bearer)) return identifyPlayer(bearer, env, waitUntil, now);
  const key = await findStoredKey(
    { text: bearer, digest },
    (limits) => isolate.state.getKeys(env, now, waitUntil, limits),
    {
      origin: header('origin'),
      now,
    },
  );
  if (key === undefined) throw new ProblemError('unauthorized', 'The key is unknown.');
  return key;
}

async function identifyPlayer(
  token: string,
  env: AuthEnv,
  waitUntil: WaitUntil,
  now: number,
): Promise<IdentifiedCaller> {
  const claims = readClaims(token);
  if (claims?.iss !== undefined && claims.iss !== OWN_ISSUER)
    return identifyByIssuer(token, claims, openIssuerKeys({ env, isolate, waitUntil, now }), now);
  // Verifying a token of this Worker needs no storage, so it works during an outage.
  const player = await verifyToken(token, env, now);
  if (!player.ok) throw new ProblemError('unauthorized', player.error);
  return player.value;
}

interface IssuerAccess {
  env: ServingEnv;
  isolate: Pick<Isolate, 'state'>;
  waitUntil: WaitUntil;
  now: number;
  /** The network by default. */
  request?: Fetch;
}

/** Reads issuers from the isolate's copy, and their keys from their URLs. */
export const openIssuerKeys = ({ env, isolate, waitUntil, now, request }: IssuerAccess): IssuerKeys => ({
  readIssuers: (limits) => isolate.state.getIssuers(env, now, waitUntil, limits),
  claimKeyRead: (issuerId, before) => claimKeyRead(env.DB, issuerId, before, now),
  fetchKeys: (jwksUrl) => fetchJwkSet(jwksUrl, request),
  storeKeys: async (issuerId, read) => {
    if (read.ok) await storeKeys(env.DB, issuerId, read.value, now);
    else await storeKeyFailure(env.DB, issuerId, read.error);
    await isolate.state.publish(env, now, waitUntil);
  },
  waitUntil,
});
