// Identifies the caller of a request by a key or a player's token. Closed by default: a request without a valid one is
// refused. caller.ts decides what the caller may do.

import { TOKEN_LENGTH_MAX } from '../../models/contracts/token.ts';
import { isolate } from '../serving/isolate.ts';
import type { IdentifiedCaller } from './caller.ts';
import { type EnvironmentKeys, findEnvironmentKey } from './environment-keys.ts';
import { hasTokenForm, verifyToken } from './player-token.ts';
import { ProblemError } from './problems.ts';
import { findStoredKey } from './stored-keys.ts';
import type { TokenKeySlots } from './token-keys.ts';

export type Credentials = EnvironmentKeys & TokenKeySlots & Pick<Env, 'DB'>;

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
  env: Credentials,
  header: (name: string) => string | undefined,
  waitUntil: (promise: Promise<unknown>) => void,
): Promise<IdentifiedCaller> {
  const bearer = readBearer(header);
  if (bearer === undefined)
    throw new ProblemError('unauthorized', 'Send the header “Authorization: Bearer <key or token>”.');
  const now = Date.now();
  const environmentKey = await findEnvironmentKey(bearer, env);
  if (environmentKey !== undefined) return environmentKey;
  // Verifying a token needs no storage, so it works during an outage.
  if (hasTokenForm(bearer)) return identifyPlayer(bearer, env, now);
  const key = await findStoredKey(
    bearer,
    (maxAgeMs, waitMs) => isolate.getKeys(env, now, waitUntil, maxAgeMs, waitMs),
    {
      origin: header('origin'),
      now,
    },
  );
  if (key === undefined) throw new ProblemError('unauthorized', 'The key is unknown.');
  return key;
}

async function identifyPlayer(token: string, slots: TokenKeySlots, now: number): Promise<IdentifiedCaller> {
  const player = await verifyToken(token, slots, now);
  if (!player.ok) throw new ProblemError('unauthorized', player.error);
  return player.value;
}
