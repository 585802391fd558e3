// The endpoint that merges a guest into a player: the guest's events and preferences become the player's.

import { z } from '@hono/zod-openapi';
import { Id } from '../../models/contracts/id.ts';
import { isBeingErased } from '../storage/erasures.ts';
import { listLogShards } from '../storage/log-shards.ts';
import { claimMerge, moveMergedLogs } from '../storage/users.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import { UserParams } from './parameters.ts';
import { invalidInput, orUnavailable, ProblemError } from './problems.ts';

const MERGE_BODY_BYTES_MAX = 1_024;
const MergeBody = z.object({ from: Id.meta({ description: 'The guest’s user id.', example: 'guest-7f3a' }) });
const MergeAnswer = z.object({ merged: z.string().meta({ description: 'The guest’s user id.' }) });

export interface MergeSteps {
  /**
   * Decides once and for all which player the guest becomes. Undefined if that player is itself a merged guest, or one
   * of the two is being erased.
   */
  claim(guestId: string, userId: string): Promise<string | undefined>;
  isBeingErased(userIds: readonly string[]): Promise<boolean>;
  /** Moves the state of the guest's object to the player's; later events of the guest are forwarded. */
  moveSignals(guestId: string, userId: string): Promise<void>;
}

const openMergeSteps = ({ env, env: { USER_SIGNALS, DB } }: AppContext): MergeSteps => ({
  claim: (guestId, userId) => claimMerge(DB, guestId, userId, Date.now()),
  isBeingErased: (userIds) => isBeingErased(DB, userIds),
  moveSignals: async (guestId, userId) => {
    const guest = USER_SIGNALS.getByName(guestId);
    const exported = await guest.exportUser(userId);
    await moveMergedLogs(DB, listLogShards(env), [guestId]);
    await USER_SIGNALS.getByName(userId).importUser(userId, guestId, exported);
    // Last, so that an interrupted merge can be repeated.
    await guest.empty();
  },
});

/** Every step is idempotent, so the next request completes an interrupted merge. */
export async function postMerge(
  { params: { userId }, body: { from } }: { params: UserParams; body: z.output<typeof MergeBody> },
  { claim, isBeingErased, moveSignals }: MergeSteps,
): Promise<z.output<typeof MergeAnswer>> {
  if (from === userId) throw invalidInput([{ path: ['from'], message: 'is the player itself' }]);
  const claimed = await orUnavailable(claim(from, userId));
  if (await orUnavailable(isBeingErased([from, userId])))
    throw new ProblemError('conflict', 'One of the two is being erased; merge them once that is finished.');
  if (claimed === undefined) throw new ProblemError('conflict', `“${userId}” is a guest who has become a player.`);
  if (claimed !== userId) throw new ProblemError('conflict', `The guest “${from}” has become another player.`);
  await orUnavailable(moveSignals(from, userId));
  return { merged: from };
}

const ENDPOINTS: Endpoint<MergeSteps>[] = [
  defineEndpoint({
    method: 'post',
    path: '/v1/users/{userId}/merge',
    tag: 'Users',
    summary: 'Merge a guest into a player',
    description:
      'The guest’s events and preferences become the player’s, events still under way included; the guest is empty ' +
      'afterwards. On a problem, or without an answer, send the same request again.',
    scope: 'ingest',
    params: UserParams,
    body: { schema: MergeBody, maxBytes: MERGE_BODY_BYTES_MAX },
    answer: { schema: MergeAnswer, description: 'The guest has become the player.' },
    problems: [409, 503],
    handle: postMerge,
  }),
];

export const routeMerge = (app: App): void => registerEndpoints(app, ENDPOINTS, openMergeSteps);
