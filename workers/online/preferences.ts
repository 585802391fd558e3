// What a player says of the gallery, and a guest who becomes a player. Both are kept in the player's object first, which
// ranking asks, and then in D1, which batch computation asks; done again, either does no harm.

import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { Id } from '../../models/contracts/id.ts';
import { PREFERENCES_BODY_BYTES_MAX, Preferences, PreferencesInput } from '../../models/contracts/preferences.ts';
import { claimMerge, moveMergedLogs, writePreferences } from '../storage/users.ts';
import { requireScope } from './auth.ts';
import { ProblemError } from './problems.ts';
import { json, jsonBody, parseBody, problems, readJson, scoped, UserParams } from './routing.ts';

const MERGE_BODY_BYTES_MAX = 1_024;
const MergeBody = z.object({ from: Id.meta({ description: 'The guest’s user id.', example: 'guest-7f3a' }) });

const PutQuery = z.object({
  changeId: Id.optional().meta({
    description: 'An id of the client’s own for this change: the notice of the stream that follows names it.',
  }),
});

const tags = ['Users'];

export function routePreferences(app: OpenAPIHono<{ Bindings: Env }>): void {
  const put = createRoute({
    method: 'put',
    path: '/v1/users/{userId}/preferences',
    tags,
    summary: 'Say what a player prefers',
    description:
      'Genres and games picked before anything was played, muted genres and tags, hits or hidden gems, a release window, an age ' +
      'limit. It replaces what was said before, and holds from the next request on.',
    ...scoped('ingest'),
    request: { params: UserParams, query: PutQuery, body: jsonBody(Preferences) },
    responses: { 200: json(Preferences, 'The preferences as kept.'), ...problems(400, 409, 413, 415, 503) },
  });
  const merge = createRoute({
    method: 'post',
    path: '/v1/users/{userId}/merge',
    tags,
    summary: 'Make a guest’s signals a player’s',
    description:
      'What the guest did and said becomes the player’s, also what is still on the way; the guest is empty afterwards. Where the ' +
      'answer is a problem, or none came, send the same again.',
    ...scoped('ingest'),
    request: { params: UserParams, body: jsonBody(MergeBody) },
    responses: {
      200: json(z.object({ merged: z.string() }), 'The guest has become the player.'),
      ...problems(400, 409, 413, 415, 503),
    },
  });

  app.openAPIRegistry.registerPath(put);
  app.put(put.getRoutingPath(), requireScope('ingest'), async (c) => {
    const { userId } = parseBody(UserParams, c.req.param());
    const { changeId } = parseBody(PutQuery, c.req.query());
    const preferences = parseBody(PreferencesInput, await readJson(c.req.raw, PREFERENCES_BODY_BYTES_MAX));
    const kept = await orUnavailable(async () => {
      const ofPlayer = await c.env.USER_SIGNALS.getByName(userId).setPreferences(preferences, changeId);
      if (ofPlayer) await writePreferences(c.env.DB, userId, preferences, Date.now());
      return ofPlayer;
    });
    if (!kept) throw new ProblemError('conflict', `The guest “${userId}” has become a player: use the player’s id.`);
    return c.json(preferences);
  });

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/users/{userId}/preferences',
      tags,
      summary: 'Read what a player prefers',
      ...scoped('read'),
      request: { params: UserParams },
      responses: { 200: json(Preferences, 'Empty for a player who said nothing.'), ...problems(400, 503) },
    }),
    async (c) => {
      const { userId } = c.req.valid('param');
      const { user } = await orUnavailable(() => c.env.USER_SIGNALS.getByName(userId).readUserState(userId));
      return c.json(user.preferences, 200);
    },
  );

  app.openAPIRegistry.registerPath(merge);
  app.post(merge.getRoutingPath(), requireScope('ingest'), async (c) => {
    const { userId } = parseBody(UserParams, c.req.param());
    const { from } = parseBody(MergeBody, await readJson(c.req.raw, MERGE_BODY_BYTES_MAX));
    if (from === userId)
      throw new ProblemError('invalid-input', undefined, [{ path: 'from', message: 'is the player itself' }]);
    const conflict = await orUnavailable(() => mergeGuest(c.env, from, userId));
    if (conflict !== undefined) throw new ProblemError('conflict', conflict);
    return c.json({ merged: from });
  });
}

/**
 * Every step can be done again, so a merge that broke off is completed by the next: it is said who becomes whom, the guest
 * passes on what comes from now on, the log changes hands, the player takes over, and only then the guest forgets.
 * Returns what forbids it.
 */
async function mergeGuest({ USER_SIGNALS, DB }: Env, guestId: string, userId: string): Promise<string | undefined> {
  const claimed = await claimMerge(DB, guestId, userId, Date.now());
  if (claimed === undefined) return `“${userId}” is a guest who has become a player.`;
  if (claimed !== userId) return `The guest “${guestId}” has become another player.`;
  const guest = USER_SIGNALS.getByName(guestId);
  const legacy = await guest.exportUser(userId);
  await moveMergedLogs(DB, [guestId]);
  await USER_SIGNALS.getByName(userId).importUser(userId, guestId, legacy);
  await guest.empty();
  return undefined;
}

async function orUnavailable<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    console.error(JSON.stringify({ alert: 'a player’s object or the log cannot be reached', error: String(error) }));
    throw new ProblemError('unavailable', 'Send the same again.');
  }
}
