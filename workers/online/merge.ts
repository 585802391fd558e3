// The endpoint that merges a guest into a player: the guest's events and preferences become the player's. A player
// sends the guest's token as proof; an `ingest` key may merge any guest without proof, an `admin` key anybody.

import { z } from '@hono/zod-openapi';
import { Id } from '../../models/contracts/id.ts';
import type { Result } from '../../models/contracts/result.ts';
import { TokenText } from '../../models/contracts/token.ts';
import { isGuestId } from '../../models/contracts/user-id.ts';
import { isBeingErased } from '../storage/erasures.ts';
import { claimMerge, MERGE_OPEN_DAYS } from '../storage/merges.ts';
import { type Caller, hasScope, type PlayerCaller } from './caller.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import { UserParams } from './parameters.ts';
import { verifyToken } from './player-token.ts';
import { invalidInput, orUnavailable, ProblemError } from './problems.ts';

const MERGE_BODY_BYTES_MAX = 8_192;
const MergeBody = z
  .strictObject({
    guestToken: TokenText.optional().meta({ description: 'The guest’s token, which a player sends as proof.' }),
    from: Id.optional().meta({
      description: 'The guest’s user id instead of its token; only with a key.',
      example: 'guest:q3dXb0cRzvY1mM2nWk8aTg',
    }),
  })
  .refine(({ guestToken, from }) => (guestToken === undefined) !== (from === undefined), {
    path: ['guestToken'],
    message: 'or “from” is required, but not both',
  });
type MergeBody = z.output<typeof MergeBody>;
const MergeAnswer = z.object({ merged: z.string().meta({ description: 'The guest’s user id.' }) });

export interface MergeSteps {
  verifyToken(token: string): Promise<Result<PlayerCaller, string>>;
  /**
   * Decides once and for all which player the guest becomes. Undefined if that player is itself a merged guest, or one
   * of the two is being erased.
   */
  claim(guestId: string, userId: string): Promise<string | undefined>;
  isBeingErased(userIds: readonly string[]): Promise<boolean>;
  /** Copies the state of the guest's object to the player's; later events of the guest are copied too. */
  copySignals(guestId: string, userId: string): Promise<void>;
}

const openMergeSteps = ({ env, env: { USER_SIGNALS, DB } }: AppContext): MergeSteps => ({
  verifyToken: (token) => verifyToken(token, env, Date.now()),
  claim: (guestId, userId) => claimMerge(DB, guestId, userId, Date.now()),
  isBeingErased: (userIds) => isBeingErased(DB, userIds),
  copySignals: async (guestId, userId) => {
    const guest = USER_SIGNALS.getByName(guestId);
    const exported = await guest.exportUser(userId);
    await USER_SIGNALS.getByName(userId).importUser(userId, guestId, exported);
    // Last, so that an interrupted merge can be repeated, and no state is hidden meanwhile.
    await guest.hide();
  },
});

/** Every step is idempotent, so the next request completes an interrupted merge. */
export async function postMerge(
  { params: { userId }, body, caller }: { params: UserParams; body: MergeBody; caller: Caller },
  { verifyToken, claim, isBeingErased, copySignals }: MergeSteps,
): Promise<z.output<typeof MergeAnswer>> {
  const from =
    body.from === undefined ? await readGuest(body.guestToken!, verifyToken) : authorizeMerge(body.from, caller);
  if (from === userId)
    throw invalidInput([{ path: [body.from === undefined ? 'guestToken' : 'from'], message: 'is the player itself' }]);
  const claimed = await orUnavailable(claim(from, userId));
  if (await orUnavailable(isBeingErased([from, userId])))
    throw new ProblemError('conflict', 'One of the two is being erased; merge them once that is finished.');
  if (claimed === undefined) throw new ProblemError('conflict', `“${userId}” is a guest who has become a player.`);
  if (claimed !== userId) throw new ProblemError('conflict', `The guest “${from}” has become another player.`);
  await orUnavailable(copySignals(from, userId));
  return { merged: from };
}

/** Returns the guest's id. Throws unless the token is valid and a guest's: an account's token proves no merge. */
async function readGuest(guestToken: string, verifyToken: MergeSteps['verifyToken']): Promise<string> {
  const holder = await verifyToken(guestToken);
  if (!holder.ok) throw invalidInput([{ path: ['guestToken'], message: holder.error }]);
  if (holder.value.guest) return holder.value.userId;
  throw new ProblemError('forbidden', 'The token is not a guest’s; only a key with the scope “admin” merges accounts.');
}

/** Returns the id; throws `forbidden` if the caller may not merge it without proof. */
function authorizeMerge(from: string, caller: Caller): string {
  if (caller.kind !== 'key') throw new ProblemError('forbidden', 'Send the guest’s token as “guestToken”.');
  if (isGuestId(from) || hasScope(caller, 'admin')) return from;
  throw new ProblemError('forbidden', `“${from}” is not a guest; only a key with the scope “admin” merges accounts.`);
}

const ENDPOINTS: Endpoint<MergeSteps>[] = [
  defineEndpoint({
    method: 'post',
    path: '/v1/users/{userId}/merge',
    operationId: 'postMerge',
    tag: 'Users',
    summary: 'Merge a guest into a player',
    description:
      'The guest’s events and preferences become the player’s, including events still under way; the guest is ' +
      `empty afterwards. For ${MERGE_OPEN_DAYS} days the two can be parted again. On a problem, or without an ` +
      'answer, send the same request again. A player’s token needs the guest’s token as proof; a key with the ' +
      'scope `ingest` merges any guest; only `admin` merges accounts.',
    scope: 'ingest',
    isOpenToPlayers: true,
    params: UserParams,
    body: { schema: MergeBody, maxBytes: MERGE_BODY_BYTES_MAX },
    answer: { schema: MergeAnswer, description: 'The guest has become the player.' },
    problems: [409, 503],
    // The entry names neither player: the table of merges has both, until they are erased.
    audit: { isAdministrative: ({ body: { from } }) => from !== undefined && !isGuestId(from) },
    handle: postMerge,
  }),
];

export const routeMerge = (app: App): void => registerEndpoints(app, ENDPOINTS, openMergeSteps);
