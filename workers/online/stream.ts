// The endpoint of a player's stream: checks the key and the requested form, and passes the connection to the player's
// object.

import { z } from '@hono/zod-openapi';
import { Notice, STREAM_ENDS_AT_HEADER } from '../../models/contracts/notice.ts';
import type { Caller } from './caller.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import { UserParams, wholeNumber } from './parameters.ts';
import { orUnavailable, ProblemError } from './problems.ts';

/** A stream's caller is checked only when it opens, so this bounds its life after a key or issuer is deleted. */
const STREAM_MAX_MS = 3_600_000;

const StreamQuery = z.object({
  after: wholeNumber(0, Number.MAX_SAFE_INTEGER)
    .optional()
    .meta({ description: 'Id of the last notice that the client received.' }),
});

export interface Connection {
  /** The request's header, if any. */
  header(name: string): string | undefined;
  /** Passes the request to the player's object. `endsAt`: the connection's end, epoch milliseconds. */
  open(userId: string, endsAt: number): Promise<Response>;
}

const openConnection = ({ env, req }: AppContext): Connection => ({
  header: (name) => req.header(name),
  open: (userId, endsAt) => {
    const request = new Request(req.raw);
    // Replaces a client's own header.
    request.headers.set(STREAM_ENDS_AT_HEADER, String(endsAt));
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
    open(userId, decideEnd(caller, Date.now())),
    'The player’s object cannot be reached; try again.',
  );
  if (response.status === 429) throw new ProblemError('too-many', 'Close one of this player’s connections first.');
  // A copy: the headers of the object's response are immutable, and the app adds some.
  return new Response(response.body, response);
}

function decideEnd(caller: Caller, now: number): number {
  const latest = now + STREAM_MAX_MS;
  return caller.kind === 'anyone' ? latest : Math.min(caller.expiresAt ?? latest, latest);
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
      'answer to “ping” is “pong”. A connection ends (close code 1008) when its token or key expires, and after an ' +
      'hour at most; deleting its key or issuer does not end it sooner. Open another with a valid one and `after`.',
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
