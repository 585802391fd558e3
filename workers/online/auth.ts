// Identifies the caller of a request by its key. Closed by default: a request without a known key is refused. What the
// caller may do is in caller.ts.

import { isolate } from '../serving/isolate.ts';
import type { IdentifiedCaller } from './caller.ts';
import { type EnvironmentKeys, findEnvironmentKey } from './environment-keys.ts';
import { ProblemError } from './problems.ts';
import { findStoredKey } from './stored-keys.ts';

const BEARER = /^Bearer ([^\s]{1,512})$/i;
/** A browser's WebSocket can set no header except the list of subprotocols. */
const SOCKET_BEARER = /(?:^|,\s*)bearer\.([\w-]{1,700})(?:,|$)/;

function readBearer(header: (name: string) => string | undefined): string | undefined {
  const bearer = BEARER.exec(header('authorization') ?? '')?.[1];
  if (bearer !== undefined || header('upgrade')?.toLowerCase() !== 'websocket') return bearer;
  const encoded = SOCKET_BEARER.exec(header('sec-websocket-protocol') ?? '')?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64url').toString('utf8');
}

/** Throws `unauthorized` if the caller cannot be identified. */
export async function authenticate(
  env: EnvironmentKeys & Pick<Env, 'DB'>,
  header: (name: string) => string | undefined,
  waitUntil: (promise: Promise<unknown>) => void,
): Promise<IdentifiedCaller> {
  const bearer = readBearer(header);
  if (bearer === undefined) throw new ProblemError('unauthorized', 'Send the header “Authorization: Bearer <key>”.');
  const now = Date.now();
  const caller =
    (await findEnvironmentKey(bearer, env)) ??
    (await findStoredKey(bearer, (maxAgeMs) => isolate.getKeys(env, now, waitUntil, maxAgeMs), {
      origin: header('origin'),
      now,
    }));
  if (caller === undefined) throw new ProblemError('unauthorized', 'The key is unknown.');
  return caller;
}
