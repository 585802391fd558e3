// The endpoint of a player's stream: checks the key and the requested form, and passes the connection to the player's
// object.

import { z } from '@hono/zod-openapi';
import { formatStreamAccess, STREAM_ACCESS_HEADER, type StreamAccess } from '../../models/contracts/credential.ts';
import { Notice } from '../../models/contracts/notice.ts';
import type { Caller, IdentifiedCaller } from './caller.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import { UserParams, wholeNumber } from './parameters.ts';
import { orUnavailable, ProblemError } from './problems.ts';

/** Limits how long an idle connection of a revoked key takes one of the player's places: it ends at the next notice. */
const STREAM_MAX_MS = 3_600_000;

const StreamQuery = z.object({
  after: wholeNumber(0, Number.MAX_SAFE_INTEGER)
    .optional()
    .meta({ description: 'Id of the last notice that the client received.' }),
});

export interface Connection {
  /** The request's header, if any. */
  header(name: string): string | undefined;
  /** Passes the request to the player's object. */
  open(userId: string, access: StreamAccess): Promise<Response>;
}

const openConnection = ({ env, req }: AppContext): Connection => ({
  header: (name) => req.header(name),
  open: (userId, access) => {
    const request = new Request(req.raw);
    // Replaces a client's own header.
    request.headers.set(STREAM_ACCESS_HEADER, formatStreamAccess(access));
    return env.USER_SIGNALS.getByName(userId).fetch(request);
  },
});

export async function getStream(
  { params: { userId }, caller }: { params: UserParams; caller: Caller },
  { header, open }: Connection,
): Promise<Response> {
  const isSocket = header('upgrade')?.toLowerCase() === 'websocket';
  if (!isSocket && !header('accept')?.includes('text/event-stream'))
    throw new ProblemError('not-acceptable', 'Upgrade to a WebSocket, or send “Accept: text/event-stream”.');
  const response = await orUnavailable(
    // The endpoint is not public.
    open(userId, grantAccess(caller as IdentifiedCaller, Date.now())),
    'The player’s object cannot be reached; try again.',
  );
  if (response.status === 429) throw new ProblemError('too-many', 'Close one of this player’s connections first.');
  // A copy: the headers of the object's response are immutable, and the app adds some.
  return new Response(response.body, response);
}

function grantAccess({ credential, expiresAt }: IdentifiedCaller, now: number): StreamAccess {
  const latest = now + STREAM_MAX_MS;
  return { credential, endsAt: Math.min(expiresAt ?? latest, latest) };
}

const ENDPOINTS: Endpoint<Connection>[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/users/{userId}/stream',
    operationId: 'getStream',
    tag: 'Recommendations',
    summary: 'Receive a notice when a player’s gallery is ready',
    description:
      'A WebSocket, or server-sent events with “Accept: text/event-stream”. A notice follows each burst of events. ' +
      'With `after`, or Last-Event-ID, the newest 20 missed notices come first. A browser’s WebSocket can send no ' +
      'header: offer the subprotocols `bloodstream` and `bearer.` followed by the key or token in base64url. The ' +
      'answer to “ping” is “pong”. A connection gets no notice (close code 1008 instead) after its token or key has ' +
      'expired, from 30 seconds after its key or issuer was deleted, and after an hour; open another with a valid ' +
      'one and `after`. Close code 1013: the key cannot be checked at the moment; open another with `after`.',
    scope: 'read',
    isOpenToPlayers: true,
    params: UserParams,
    query: StreamQuery,
    answer: {
      description: 'Server-sent events; the data of each is a Notice.',
      content: { 'text/event-stream': { schema: Notice } },
    },
    responses: { 101: { description: 'The WebSocket; each message is a Notice.' } },
    problems: [406, 429, 503],
    handle: getStream,
  }),
];

export const routeStream = (app: App): void => registerEndpoints(app, ENDPOINTS, openConnection);
