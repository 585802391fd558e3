// Checks a request's key. Closed by default: a request without a known key is refused. Keys are compared by their
// digests in constant time, so the duration shows neither their length nor a common prefix.

import { ProblemError } from './problems.ts';

export type Scope = 'ingest' | 'read' | 'admin';
/** One key or several per scope, separated by commas. */
type Keys = Pick<Env, 'ADMIN_KEY' | 'INGEST_KEY' | 'READ_KEY'>;

const BEARER = /^Bearer ([^\s]{1,512})$/i;
/** A browser's WebSocket can set no header except the list of subprotocols. */
const SOCKET_BEARER = /(?:^|,\s*)bearer\.([\w-]{1,700})(?:,|$)/;

function readToken(header: (name: string) => string | undefined): string | undefined {
  const token = BEARER.exec(header('authorization') ?? '')?.[1];
  if (token !== undefined || header('upgrade')?.toLowerCase() !== 'websocket') return token;
  const encoded = SOCKET_BEARER.exec(header('sec-websocket-protocol') ?? '')?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64url').toString('utf8');
}

const split = (keys: string | undefined): string[] =>
  keys === undefined
    ? []
    : keys
        .split(',')
        .map((key) => key.trim())
        .filter((key) => key !== '');

/** The first admin key, for the page on the developer's own machine. */
export const developmentKey = (keys: Keys): string | undefined => split(keys.ADMIN_KEY)[0];

/** An admin key opens everything; each other key opens its own scope. */
const keysFor = (scope: Scope, keys: Keys): string[] => [
  ...split(keys.ADMIN_KEY),
  ...(scope === 'ingest' ? split(keys.INGEST_KEY) : []),
  ...(scope === 'read' ? split(keys.READ_KEY) : []),
];

const digests = new Map<string, ArrayBuffer>();

/** Digest of one of the Worker's own keys, computed once per isolate. */
async function ownDigest(key: string): Promise<ArrayBuffer> {
  const known = digests.get(key) ?? (await digest(key));
  digests.set(key, known);
  return known;
}

const digest = (key: string): Promise<ArrayBuffer> => crypto.subtle.digest('SHA-256', new TextEncoder().encode(key));

async function isAmong(token: string, keys: readonly string[]): Promise<boolean> {
  const given = await digest(token);
  let found = false;
  // No early exit: the duration must not show which key matched.
  for (const key of keys) found = crypto.subtle.timingSafeEqual(given, await ownDigest(key)) || found;
  return found;
}

/** Throws `unauthorized` or `forbidden` if the request's key does not open the scope. */
export async function requireScope(
  scope: Scope,
  keys: Keys,
  header: (name: string) => string | undefined,
): Promise<void> {
  const token = readToken(header);
  if (token === undefined) throw new ProblemError('unauthorized', 'Send the header “Authorization: Bearer <key>”.');
  if (await isAmong(token, keysFor(scope, keys))) return;
  throw (await isAmong(token, [...keysFor('ingest', keys), ...keysFor('read', keys)]))
    ? new ProblemError('forbidden', `This needs a key with the scope “${scope}”.`)
    : new ProblemError('unauthorized', 'The key is unknown.');
}
