// The endpoints that show players: the latest ones, and the live signals of one.

import { z } from '@hono/zod-openapi';
import { UserState } from '../../models/contracts/signals.ts';
import { computeAffinity } from '../serving/hydrate.ts';
import { isolate } from '../serving/isolate.ts';
import { Catalogue } from '../storage/catalogue.ts';
import { listLogShards } from '../storage/log-shards.ts';
import { leaveOutMerged } from '../storage/merges.ts';
import * as storage from '../storage/users.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import { UserParams, wholeNumber } from './parameters.ts';
import { orUnavailable } from './problems.ts';

const ListQuery = z.object({ limit: wholeNumber(1, 100).default(20) });
const ListAnswer = z.object({
  users: z.array(z.object({ userId: z.string(), lastEventAt: z.iso.datetime() })),
});
const UserSignalsAnswer = UserState.extend({
  genres: z
    .array(z.object({ genre: z.string(), share: z.number() }))
    .meta({ description: 'The player’s affinity to genres, strongest first.' }),
}).meta({ id: 'UserSignals' });

export interface UserStore {
  /** Latest event first; times in epoch milliseconds. */
  listUsers(limit: number): Promise<{ userId: string; lastEventAt: number }[]>;
  readUserState(userId: string): Promise<UserState>;
  readCatalogue(): Promise<Catalogue>;
}

const openUserStore = ({ env, executionCtx }: AppContext): UserStore => ({
  listUsers: async (limit) => {
    const users = await storage.listUsers([env.DB, ...listLogShards(env)], limit);
    return leaveOutMerged(env.DB, users, ({ userId }) => userId);
  },
  readUserState: async (userId) => (await env.USER_SIGNALS.getByName(userId).readUserState(userId)).user,
  readCatalogue: async () => {
    const { value } = await isolate.getCatalogue(env, Date.now(), (promise) => executionCtx.waitUntil(promise));
    return value ?? new Catalogue();
  },
});

export async function getUsers(
  { query: { limit } }: { query: z.output<typeof ListQuery> },
  store: Pick<UserStore, 'listUsers'>,
): Promise<z.output<typeof ListAnswer>> {
  const users = await store.listUsers(limit);
  return { users: users.map((user) => ({ ...user, lastEventAt: new Date(user.lastEventAt).toISOString() })) };
}

export async function getSignals(
  { params: { userId } }: { params: UserParams },
  store: Pick<UserStore, 'readUserState' | 'readCatalogue'>,
): Promise<z.output<typeof UserSignalsAnswer>> {
  const [user, catalogue] = await Promise.all([orUnavailable(store.readUserState(userId)), store.readCatalogue()]);
  return { ...user, genres: computeAffinity(user, catalogue) };
}

const tag = 'Users';

const ENDPOINTS: Endpoint<UserStore>[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/users',
    operationId: 'getUsers',
    tag,
    summary: 'List the latest players',
    scope: 'admin',
    query: ListQuery,
    answer: { schema: ListAnswer, description: 'Latest event first.' },
    handle: getUsers,
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/users/{userId}/signals',
    operationId: 'getSignals',
    tag,
    summary: 'Read a player’s live signals',
    description:
      'The state that a gallery is computed from: recent items with weights, and owned, played and dismissed items.',
    scope: 'read',
    isOpenToPlayers: true,
    params: UserParams,
    answer: { schema: UserSignalsAnswer, description: 'Empty for an unknown player.' },
    problems: [503],
    handle: getSignals,
  }),
];

export const routeUsers = (app: App): void => registerEndpoints(app, ENDPOINTS, openUserStore);
