// The endpoints that list the guests who can be parted from the player into whom they were merged, and part them.

import { z } from '@hono/zod-openapi';
import { Id } from '../../models/contracts/id.ts';
import { completeParting } from '../personal-data/merges.ts';
import { isBeingErased } from '../storage/erasures.ts';
import {
  beginParting,
  listPartable,
  MERGE_OPEN_DAYS,
  openSince,
  openUntil,
  type PartableMerge,
  readMergeTarget,
} from '../storage/merges.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import { UserParams } from './parameters.ts';
import { orUnavailable, ProblemError } from './problems.ts';

/** Few players have more than one guest at a time. */
const LISTED_MAX = 100;

const MergeParams = UserParams.extend({
  guestId: Id.meta({ param: { name: 'guestId', in: 'path' }, example: 'guest:q3dXb0cRzvY1mM2nWk8aTg' }),
});
type MergeParams = z.output<typeof MergeParams>;
const ListAnswer = z.object({
  merges: z
    .array(
      z.object({
        guestId: z.string(),
        mergedAt: z.iso.datetime(),
        openUntil: z.iso.datetime().meta({ description: 'The two can be parted until then at least.' }),
      }),
    )
    .meta({ description: `Latest first, at most ${LISTED_MAX}.` }),
});

export interface PartSteps {
  listPartable(userId: string): Promise<PartableMerge[]>;
  isBeingErased(userIds: readonly string[]): Promise<boolean>;
  /** False if the merge cannot be parted, or there is none. */
  decide(guestId: string, userId: string): Promise<boolean>;
  readMergeTarget(guestId: string): Promise<string | undefined>;
  complete(guestId: string, userId: string): Promise<void>;
}

const openPartSteps = ({ env: { DB, USER_SIGNALS } }: AppContext): PartSteps => ({
  listPartable: (userId) => listPartable(DB, userId, openSince(Date.now()), LISTED_MAX),
  isBeingErased: (userIds) => isBeingErased(DB, userIds),
  decide: (guestId, userId) => beginParting(DB, guestId, userId, openSince(Date.now())),
  readMergeTarget: (guestId) => readMergeTarget(DB, guestId),
  complete: (guestId, userId) => completeParting({ db: DB, objects: USER_SIGNALS }, guestId, userId),
});

export async function getMerges(
  { params: { userId } }: { params: UserParams },
  { listPartable }: Pick<PartSteps, 'listPartable'>,
): Promise<z.output<typeof ListAnswer>> {
  const merges = await orUnavailable(listPartable(userId));
  return {
    merges: merges.map(({ guestId, mergedAt }) => ({
      guestId,
      mergedAt: new Date(mergedAt).toISOString(),
      openUntil: new Date(openUntil(mergedAt)).toISOString(),
    })),
  };
}

/** Every step is idempotent, so the next request, or a job, completes an interrupted parting. */
export async function deleteMerge(
  { params: { userId, guestId } }: { params: MergeParams },
  { isBeingErased, decide, readMergeTarget, complete }: Omit<PartSteps, 'listPartable'>,
): Promise<void> {
  if (!(await orUnavailable(decide(guestId, userId)))) {
    // Checked after the decision: an erasure may begin at any time.
    if (await orUnavailable(isBeingErased([guestId, userId])))
      throw new ProblemError('conflict', 'One of the two is being erased.');
    if ((await orUnavailable(readMergeTarget(guestId))) !== userId)
      throw new ProblemError('not-found', `No guest “${guestId}” was merged into this player.`);
    throw new ProblemError(
      'conflict',
      `The two cannot be parted: the merge is more than ${MERGE_OPEN_DAYS} days old, or the player was merged into ` +
        'another, from whom they must be parted first.',
    );
  }
  await orUnavailable(complete(guestId, userId));
}

const ENDPOINTS: Endpoint<PartSteps>[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/users/{userId}/merges',
    operationId: 'getMerges',
    tag: 'Users',
    summary: 'List the guests that can be parted from a player',
    description:
      `The merges of the last ${MERGE_OPEN_DAYS} days, and those whose parting was interrupted. None while the ` +
      'player is merged into another.',
    scope: 'admin',
    isOpenToPlayers: true,
    params: UserParams,
    answer: { schema: ListAnswer, description: 'Empty for an unknown player.' },
    problems: [503],
    handle: getMerges,
  }),
  defineEndpoint({
    method: 'delete',
    path: '/v1/users/{userId}/merges/{guestId}',
    operationId: 'deleteMerge',
    tag: 'Users',
    summary: 'Part a guest from a player',
    description:
      `Undoes a merge of the last ${MERGE_OPEN_DAYS} days: the guest’s events, from before the merge and since, are ` +
      'the guest’s again, and the player keeps only their own. If the player was merged into another, part these ' +
      'two first. On a 503, or without an answer, send the same request again.',
    scope: 'admin',
    isOpenToPlayers: true,
    params: MergeParams,
    answer: { status: 204, description: 'The two are parted.' },
    problems: [404, 409, 503],
    handle: deleteMerge,
  }),
];

export const routePart = (app: App): void => registerEndpoints(app, ENDPOINTS, openPartSteps);
