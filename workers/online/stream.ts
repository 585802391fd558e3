// The way to a player's stream: checks the key and what is asked for, and hands the connection to the player's object.

import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { Notice } from '../../models/contracts/notice.ts';
import { ProblemError } from './problems.ts';
import { problems, scoped, UserParams, wholeNumber } from './routing.ts';

export function routeStream(app: OpenAPIHono<{ Bindings: Env }>): void {
  const route = createRoute({
    method: 'get',
    path: '/v1/users/{userId}/stream',
    tags: ['Recommendations'],
    summary: 'Hear when a player’s gallery is ready',
    description:
      'A WebSocket, or server-sent events with “Accept: text/event-stream”: a notice a moment after each burst of events. Who ' +
      'comes back with `after`, or Last-Event-ID, hears first what was missed, the newest 20. A browser’s WebSocket can send ' +
      'no header: it offers the subprotocols `bloodstream` and `bearer.` with the key in base64url. “ping” is answered by “pong”.',
    ...scoped('read'),
    request: {
      params: UserParams,
      query: z.object({
        after: wholeNumber(0, Number.MAX_SAFE_INTEGER)
          .optional()
          .meta({ description: 'Id of the last notice that was heard.' }),
      }),
    },
    responses: {
      101: { description: 'The WebSocket; each message is a Notice.' },
      200: {
        description: 'Server-sent events; the data of each is a Notice.',
        content: { 'text/event-stream': { schema: Notice } },
      },
      ...problems(400, 406, 429, 503),
    },
  });

  app.openapi(route, async (c) => {
    const isSocket = c.req.header('upgrade')?.toLowerCase() === 'websocket';
    if (!isSocket && !c.req.header('accept')?.includes('text/event-stream'))
      throw new ProblemError('not-acceptable', 'Upgrade to a WebSocket, or send “Accept: text/event-stream”.');
    const { userId } = c.req.valid('param');
    const response = await c.env.USER_SIGNALS.getByName(userId)
      .fetch(c.req.raw)
      .catch(() => {
        throw new ProblemError('unavailable', 'The player’s object cannot be reached; try again.');
      });
    if (response.status === 429) throw new ProblemError('too-many', 'Close one of this player’s connections first.');
    // Its headers cannot be changed, and safety adds some to every answer.
    return new Response(response.body, response) as never;
  });
}
