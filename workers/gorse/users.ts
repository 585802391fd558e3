// gorse's user endpoints. A player exists here from the first event and needs no creation. What clients of gorse insert
// is stored for them alone.

import { z } from 'zod';
import { Id } from '../../models/contracts/id.ts';
import { LIST_LIMIT_MAX } from '../../models/contracts/item.ts';
import type { Caller } from '../online/caller.ts';
import { readCursor, writeCursor } from '../online/cursor.ts';
import { type App, defineEndpoint, type Endpoint, registerEndpoints } from '../online/endpoint.ts';
import { UserParams } from '../online/parameters.ts';
import { deleteUser } from '../online/personal-data.ts';
import { orUnavailable, ProblemError } from '../online/problems.ts';
import type { GorseUser } from '../storage/gorse-users.ts';
import { checkRepeatedId, describeWrite, listQuery, pickCursor, Success } from './shapes.ts';
import { openUserStore, type UserStore } from './user-store.ts';

const USERS_PER_REQUEST_MAX = 500;
const USERS_BODY_BYTES_MAX = 1024 * 1024;
/** Limits a user's labels, subscriptions and comment together, as JSON. */
const USER_LENGTH_MAX = 8_000;

const fields = { Labels: z.unknown().optional(), Subscribe: z.unknown().optional(), Comment: z.string().nullish() };
const isShort = ({ Labels, Subscribe, Comment }: { Labels?: unknown; Subscribe?: unknown; Comment?: unknown }) =>
  JSON.stringify([Labels, Subscribe, Comment]).length <= USER_LENGTH_MAX;
const TOO_LONG = `Labels, Subscribe and Comment must be ${USER_LENGTH_MAX} characters of JSON or less`;
const User = z.strictObject({ UserId: Id, ...fields }).refine(isShort, TOO_LONG);
const UserPatch = z.strictObject({ UserId: z.string().nullish(), ...fields }).refine(isShort, TOO_LONG);
const UsersQuery = z.object(listQuery(LIST_LIMIT_MAX));
const ErasureAnswer = Success.extend({ ErasureId: z.string() });

/** `stored`: absent for a user who is known by events alone. */
const toGorse = (userId: string, stored: GorseUser | undefined) =>
  stored === undefined
    ? { UserId: userId, Labels: [], Subscribe: [], Comment: '' }
    : { UserId: userId, Labels: stored.labels, Subscribe: stored.subscribe, Comment: stored.comment };

type Reading = Pick<UserStore, 'readSignals' | 'readUsers'>;

export async function getUser({ params: { userId } }: { params: UserParams }, store: Reading) {
  const stored = (await orUnavailable(store.readUsers([userId]))).get(userId);
  if (stored === undefined) await requireEvents(userId, store);
  return toGorse(userId, stored);
}

async function requireEvents(userId: string, store: Pick<UserStore, 'readSignals'>): Promise<void> {
  const { actions, impressions, marks } = await orUnavailable(store.readSignals(userId));
  if (actions.length + impressions.length + marks.size === 0)
    throw new ProblemError('not-found', `“${userId}” was not inserted, and has no feedback.`);
}

export async function listUsers(
  { query }: { query: z.output<typeof UsersQuery> },
  store: Pick<UserStore, 'listUserIds' | 'readUsers'>,
) {
  const userIds = await orUnavailable(store.listUserIds(readCursor(pickCursor(query)), query.n));
  const stored = await orUnavailable(store.readUsers(userIds));
  return {
    Cursor: userIds.length === query.n ? writeCursor(userIds.at(-1)!) : '',
    Users: userIds.map((userId) => toGorse(userId, stored.get(userId))),
  };
}

async function insertUsers(
  users: readonly z.output<typeof User>[],
  store: Pick<UserStore, 'writeUsers'>,
): Promise<Success> {
  const rows = users.map(({ UserId: userId, Labels: labels, Subscribe: subscribe, Comment }) => ({
    userId,
    labels,
    subscribe,
    comment: Comment ?? '',
  }));
  await orUnavailable(store.writeUsers(rows));
  return describeWrite(users.length);
}

export async function patchUser(
  { params, body }: { params: UserParams; body: z.output<typeof UserPatch> },
  store: Reading & Pick<UserStore, 'patchUser'>,
): Promise<Success> {
  const { userId } = params;
  checkRepeatedId('UserId', body.UserId, userId);
  // A request for an unknown id leaves nothing behind.
  await getUser({ params }, store);
  const { Labels: labels, Subscribe: subscribe, Comment } = body;
  await orUnavailable(
    store.patchUser(userId, { labels, subscribe, ...(typeof Comment === 'string' && { comment: Comment }) }),
  );
  return describeWrite(1);
}

async function eraseUser(
  { params, caller }: { params: UserParams; caller: Caller },
  store: Pick<UserStore, 'readMergeTarget' | 'beginErasure'>,
): Promise<z.output<typeof ErasureAnswer>> {
  const { erasureId } = await deleteUser({ params, caller }, store);
  return { ...describeWrite(1), ErasureId: erasureId };
}

const tag = 'Users';
const success = { schema: Success, description: 'The number of users written.' };

const WRITES: Endpoint<UserStore>[] = [
  defineEndpoint({
    method: 'post',
    path: '/api/user',
    tag,
    summary: 'Insert a user',
    scope: 'ingest',
    body: { schema: User, maxBytes: USERS_BODY_BYTES_MAX },
    answer: success,
    handle: ({ body }, store) => insertUsers([body], store),
  }),
  defineEndpoint({
    method: 'post',
    path: '/api/users',
    tag,
    summary: 'Insert users',
    scope: 'ingest',
    body: { schema: z.array(User).max(USERS_PER_REQUEST_MAX), maxBytes: USERS_BODY_BYTES_MAX },
    answer: success,
    handle: ({ body }, store) => insertUsers(body, store),
  }),
  defineEndpoint({
    method: 'patch',
    path: '/api/user/{userId}',
    tag,
    summary: 'Change a user',
    scope: 'ingest',
    params: UserParams,
    body: { schema: UserPatch, maxBytes: USERS_BODY_BYTES_MAX },
    answer: success,
    handle: patchUser,
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
