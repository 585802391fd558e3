// gorse's user endpoints. A player exists here from the first event and needs no creation. Labels and comments of users
// are not kept, and the answer says so.

import { z } from 'zod';
import { Id } from '../../models/contracts/id.ts';
import { LIST_LIMIT_MAX } from '../../models/contracts/item.ts';
import type { Signals } from '../../models/contracts/signals.ts';
import type { Caller } from '../online/caller.ts';
import { readCursor, writeCursor } from '../online/cursor.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from '../online/endpoint.ts';
import { UserParams } from '../online/parameters.ts';
import { deleteUser, openPersonalData, type PersonalData } from '../online/personal-data.ts';
import { orUnavailable, ProblemError } from '../online/problems.ts';
import { listLogShards } from '../storage/log-shards.ts';
import { listActiveUsers } from '../storage/users.ts';
import { checkRepeatedId, describeWrite, listQuery, pickCursor, Success } from './shapes.ts';

const USERS_PER_REQUEST_MAX = 500;
const USERS_BODY_BYTES_MAX = 1024 * 1024;

const profile = { Labels: z.unknown().optional(), Comment: z.string().optional(), Subscribe: z.unknown().optional() };
const GorseUser = z.strictObject({ UserId: Id, ...profile });
const GorseUserPatch = z.strictObject({ UserId: z.string().nullish(), ...profile, Comment: z.string().nullish() });
const UsersQuery = z.object(listQuery(LIST_LIMIT_MAX));
const ErasureAnswer = Success.extend({ ErasureId: z.string() });
type Profile = Partial<z.output<typeof GorseUserPatch>>;

interface UserStore extends Pick<PersonalData, 'readMergeTarget' | 'beginErasure'> {
  readSignals(userId: string): Promise<Signals>;
  /** Ordered by id, after `afterId`. */
  listUserIds(afterId: string, limit: number): Promise<string[]>;
}

const openUserStore = (c: AppContext): UserStore => ({
  ...openPersonalData(c),
  readSignals: (userId) => c.env.USER_SIGNALS.getByName(userId).readSignals(userId),
  listUserIds: (afterId, limit) => listActiveUsers([c.env.DB, ...listLogShards(c.env)], 0, afterId, limit),
});

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || Object.keys(value).length === 0;

/** Nothing is stored: the count is 0. */
const acceptProfiles = (profiles: readonly Profile[]): Success =>
  describeWrite(
    0,
    profiles.flatMap((one) => Object.keys(profile).filter((field) => !isEmpty(one[field as keyof Profile]))),
  );

const toGorseUser = (userId: string) => ({ UserId: userId, Labels: [], Subscribe: [], Comment: '' });

export async function getUser({ params: { userId } }: { params: UserParams }, store: Pick<UserStore, 'readSignals'>) {
  const { actions, impressions, marks } = await orUnavailable(store.readSignals(userId));
  if (actions.length + impressions.length + marks.size === 0)
    throw new ProblemError('not-found', `Nothing is known of “${userId}”: a player is known from the first event.`);
  return toGorseUser(userId);
}

export async function listUsers(
  { query }: { query: z.output<typeof UsersQuery> },
  store: Pick<UserStore, 'listUserIds'>,
) {
  const userIds = await orUnavailable(store.listUserIds(readCursor(pickCursor(query)), query.n));
  return {
    Cursor: userIds.length === query.n ? writeCursor(userIds.at(-1)!) : '',
    Users: userIds.map(toGorseUser),
  };
}

export function acceptUserPatch({
  params: { userId },
  body,
}: {
  params: UserParams;
  body: z.output<typeof GorseUserPatch>;
}): Success {
  checkRepeatedId('UserId', body.UserId, userId);
  return acceptProfiles([body]);
}

async function eraseUser(
  { params, caller }: { params: UserParams; caller: Caller },
  store: Pick<UserStore, 'readMergeTarget' | 'beginErasure'>,
): Promise<z.output<typeof ErasureAnswer>> {
  const { erasureId } = await deleteUser({ params, caller }, store);
  return { ...describeWrite(1), ErasureId: erasureId };
}

const tag = 'Users';
const success = { schema: Success, description: 'The number of rows changed, and the fields that are not kept.' };

const WRITES: Endpoint<UserStore>[] = [
  defineEndpoint({
    method: 'post',
    path: '/api/user',
    tag,
    summary: 'Accept a user',
    scope: 'ingest',
    body: { schema: GorseUser, maxBytes: USERS_BODY_BYTES_MAX },
    answer: success,
    handle: ({ body }) => acceptProfiles([body]),
  }),
  defineEndpoint({
    method: 'post',
    path: '/api/users',
    tag,
    summary: 'Accept users',
    scope: 'ingest',
    body: { schema: z.array(GorseUser).max(USERS_PER_REQUEST_MAX), maxBytes: USERS_BODY_BYTES_MAX },
    answer: success,
    handle: ({ body }) => acceptProfiles(body),
  }),
  defineEndpoint({
    method: 'patch',
    path: '/api/user/{userId}',
    tag,
    summary: 'Accept a change of a user',
    scope: 'ingest',
    params: UserParams,
    body: { schema: GorseUserPatch, maxBytes: USERS_BODY_BYTES_MAX },
    answer: success,
    handle: acceptUserPatch,
  }),
  defineEndpoint({
    method: 'delete',
    path: '/api/user/{userId}',
    tag,
    summary: 'Erase a user',
    scope: 'admin',
    params: UserParams,
    answer: { schema: ErasureAnswer, description: 'The erasure has begun.' },
    // The receipt's id alone: an entry names no player.
    audit: { readAfter: ({ ErasureId }) => ({ erasureId: ErasureId }) },
    handle: eraseUser,
  }),
];

const READS: Endpoint<UserStore>[] = [
  defineEndpoint({
    method: 'get',
    path: '/api/user/{userId}',
    tag,
    summary: 'Read a user',
    scope: 'read',
    params: UserParams,
    answer: { description: 'The user.' },
    handle: getUser,
  }),
  defineEndpoint({
    method: 'get',
    path: '/api/users',
    tag,
    summary: 'List users',
    scope: 'admin',
    query: UsersQuery,
    answer: { description: 'One page, ordered by id.' },
    handle: listUsers,
  }),
];

export const routeUsers = (app: App): void => registerEndpoints(app, [...WRITES, ...READS], openUserStore);
