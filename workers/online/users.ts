// What is known of players: who was seen last, and one player's live signals.

import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { UserState } from '../../models/contracts/signals.ts';
import { computeAffinity } from '../serving/hydrate.ts';
import { isolate } from '../serving/isolate.ts';
import { Catalogue } from '../storage/catalogue.ts';
import { listUsers } from '../storage/users.ts';
import { ProblemError } from './problems.ts';
import { json, problems, scoped, UserParams, wholeNumber } from './routing.ts';

const Users = z.object({
  users: z.array(z.object({ userId: z.string(), lastEventAt: z.iso.datetime() })),
});
const UserSignalsAnswer = UserState.extend({
  genres: z
    .array(z.object({ genre: z.string(), share: z.number() }))
    .meta({ description: 'Leanings, strongest first.' }),
}).meta({ id: 'UserSignals' });

const tags = ['Users'];

export function routeUsers(app: OpenAPIHono<{ Bindings: Env }>): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/users',
      tags,
      summary: 'The players seen last',
      ...scoped('admin'),
      request: { query: z.object({ limit: wholeNumber(1, 100).default(20) }) },
      responses: { 200: json(Users, 'Newest first.'), ...problems(400) },
    }),
    async (c) => {
      const users = await listUsers(c.env.DB, c.req.valid('query').limit);
      return c.json(
        { users: users.map((user) => ({ ...user, lastEventAt: new Date(user.lastEventAt).toISOString() })) },
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/users/{userId}/signals',
      tags,
      summary: 'A player’s live signals',
      description: 'What the gallery is computed from: recent items with weights, what is owned, played, dismissed.',
      ...scoped('read'),
      request: { params: UserParams },
      responses: { 200: json(UserSignalsAnswer, 'Empty for a player nobody has seen.'), ...problems(400, 503) },
    }),
    async (c) => {
      const { userId } = c.req.valid('param');
      const waitUntil = (promise: Promise<unknown>) => c.executionCtx.waitUntil(promise);
      const [{ user }, { value: catalogue }] = await Promise.all([
        c.env.USER_SIGNALS.getByName(userId)
          .readUserState(userId)
          .catch(() => {
            throw new ProblemError('unavailable', 'The player’s signals cannot be read; try again.');
          }),
        isolate.getCatalogue(c.env, Date.now(), waitUntil),
      ]);
      return c.json(
        {
          ...user,
          genres: computeAffinity(user, catalogue ?? new Catalogue()),
        },
        200,
      );
    },
  );
}
