// Who may do what. Closed by default: a request without a known key gets nothing. Keys are compared by their digests in
// constant time, so neither their length nor a common beginning shows.

import { createMiddleware } from 'hono/factory';
import { ProblemError } from './problems.ts';

export type Scope = 'ingest' | 'read' | 'admin';

const BEARER = /^Bearer ([^\s]{1,512})$/i;
/** A browser's WebSocket can send no header of its own but the names of subprotocols. */
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
export const developmentKey = (env: Env): string | undefined => split(env.ADMIN_KEY)[0];

/** `admin` may do everything; each other key has its own scope. */
const keysFor = (env: Env, scope: Scope): string[] => [
  ...split(env.ADMIN_KEY),
  ...(scope === 'ingest' ? split(env.INGEST_KEY) : []),
  ...(scope === 'read' ? split(env.READ_KEY) : []),
];

const digests = new Map<string, ArrayBuffer>();

/** The digest of one of our own keys, of which there are few: computed once per isolate. */
async function ownDigest(key: string): Promise<ArrayBuffer> {
  const known = digests.get(key) ?? (await digest(key));
  digests.set(key, known);
  return known;
}

const digest = (key: string): Promise<ArrayBuffer> => crypto.subtle.digest('SHA-256', new TextEncoder().encode(key));

async function isAmong(token: string, keys: readonly string[]): Promise<boolean> {
  const given = await digest(token);
  let found = false;
  // No early exit: the time must not tell which key was met.
  for (const key of keys) found = crypto.subtle.timingSafeEqual(given, await ownDigest(key)) || found;
  return found;
}

export const requireScope = (scope: Scope) =>
  createMiddleware<{ Bindings: Env }>(async (c, next) => {
    const token = readToken((name) => c.req.header(name));
    if (token === undefined) throw new ProblemError('unauthorized', 'Send the header “Authorization: Bearer <key>”.');
    if (!(await isAmong(token, keysFor(c.env, scope)))) {
      const known = await isAmong(token, [...keysFor(c.env, 'ingest'), ...keysFor(c.env, 'read')]);
      throw known
        ? new ProblemError('forbidden', `This needs a key with the scope “${scope}”.`)
        : new ProblemError('unauthorized', 'The key is not known.');
    }
    await next();
  });
