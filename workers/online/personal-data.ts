// The endpoints by which a player's data is exported and erased. What is held where: workers/personal-data.

import { z } from '@hono/zod-openapi';
import { ErasureReceipt } from '../../models/contracts/erasure.ts';
import { logError } from '../logging/log.ts';
import { eraseUser } from '../personal-data/erase-users.ts';
import { exportUser } from '../personal-data/export-user.ts';
import { makeReceipt } from '../personal-data/receipt.ts';
import { openErasureRun, openStores } from '../personal-data/stores.ts';
import { beginErasure, readErasure } from '../storage/erasures.ts';
import { nameJobLease, withLease } from '../storage/leases.ts';
import { listLogShards } from '../storage/log-shards.ts';
import { addMergedGuests, readMergeTarget } from '../storage/merges.ts';
import type { Caller } from './caller.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import { UserParams } from './parameters.ts';
import { orUnavailable, ProblemError } from './problems.ts';

const ErasureParams = z.object({
  erasureId: z.uuid().meta({ param: { name: 'erasureId', in: 'path' } }),
});
const ExportLine = z
  .looseObject({ store: z.string().meta({ example: 'log' }) })
  .meta({ description: 'One row; `store` says where it is held, the other fields are its columns.' });

export interface PersonalData {
  exportUser(userId: string): Promise<ReadableStream<Uint8Array>>;
  /** The player that a guest has become; undefined for others. */
  readMergeTarget(userId: string): Promise<string | undefined>;
  beginErasure(userId: string): Promise<ErasureReceipt>;
  /** Undefined if there is none. */
  readReceipt(erasureId: string): Promise<ErasureReceipt | undefined>;
}

export const openPersonalData = ({ env, executionCtx }: AppContext): PersonalData => ({
  exportUser: async (userId) => exportUser(openStores(env), await addMergedGuests(env.DB, [userId])),
  readMergeTarget: (userId) => readMergeTarget(env.DB, userId),
  beginErasure: async (userId) => {
    const erasure = await beginErasure(env.DB, listLogShards(env), userId, Date.now());
    // The first run begins at once, unless another is in progress; the job continues the rest.
    executionCtx.waitUntil(
      withLease(env.DB, nameJobLease('erase-users'), () => eraseUser(erasure, openErasureRun(env))).catch(
        (error: Error) => logError('erasure interrupted', { error: error.message }),
      ),
    );
    return makeReceipt(env, erasure);
  },
  readReceipt: async (erasureId) => {
    const erasure = await readErasure(env.DB, erasureId);
    return erasure && makeReceipt(env, erasure);
  },
});

export async function getExport(
  { params: { userId }, caller }: { params: UserParams; caller: Caller },
  data: Pick<PersonalData, 'readMergeTarget' | 'exportUser'>,
): Promise<Response> {
  // Its rows name the player, whom the holder of a guest's old token must not learn.
  if (caller.kind === 'player' && (await orUnavailable(data.readMergeTarget(userId))) !== undefined)
    throw new ProblemError('conflict', 'You are a guest who has become a player; export that player.');
  const rows = await orUnavailable(data.exportUser(userId));
  return new Response(rows, {
    headers: {
      'content-type': 'application/x-ndjson',
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(userId)}.jsonl`,
    },
  });
}

export async function deleteUser(
  { params: { userId }, caller }: { params: UserParams; caller: Caller },
  data: Pick<PersonalData, 'readMergeTarget' | 'beginErasure'>,
): Promise<ErasureReceipt> {
  const player = await orUnavailable(data.readMergeTarget(userId));
  if (player !== undefined) {
    const target = caller.kind === 'player' ? 'a player' : `“${player}”`;
    throw new ProblemError('conflict', `“${userId}” is a guest who has become ${target}; erase that player.`);
  }
  return orUnavailable(data.beginErasure(userId));
}

export async function getErasure(
  { params: { erasureId } }: { params: z.output<typeof ErasureParams> },
  data: Pick<PersonalData, 'readReceipt'>,
): Promise<ErasureReceipt> {
  const receipt = await orUnavailable(data.readReceipt(erasureId));
  if (receipt === undefined) throw new ProblemError('not-found', 'There is no erasure with this id.');
  return receipt;
}

const tag = 'Personal data';

const ENDPOINTS: Endpoint<PersonalData>[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/users/{userId}/export',
    operationId: 'getExport',
    tag,
    summary: 'Export all data about a player',
    description:
      'JSON lines, read while they are sent. The last line is `{ "store": "export", "complete": true, "rows": … }`; ' +
      'without it something is missing: ask again. The token of a guest who has become a player exports nothing.',
    scope: 'admin',
    isOpenToPlayers: true,
    strictLimit: 'personal-data',
    params: UserParams,
    answer: {
      description: 'One line for each row; for an unknown player, the last line alone.',
      content: { 'application/x-ndjson': { schema: ExportLine } },
    },
    problems: [409, 503],
    handle: getExport,
  }),
  defineEndpoint({
    method: 'delete',
    path: '/v1/users/{userId}',
    operationId: 'deleteUser',
    tag,
    summary: 'Erase a player',
    description:
      'Erases the player, and the guests who became the player, from every store. Events from before the ' +
      'request are rejected, whatever their source; the id can be used again. While an erasure of the player runs, ' +
      'the answer is its receipt. Unknown players are erased too: their events may still be in a queue.',
    scope: 'admin',
    isOpenToPlayers: true,
    strictLimit: 'personal-data',
    params: UserParams,
    answer: {
      status: 202,
      schema: ErasureReceipt,
      description: 'The erasure has begun.',
      headers: ({ erasureId }) => ({ location: `/v1/erasures/${erasureId}` }),
    },
    problems: [409, 503],
    // A receipt does not name the player.
    audit: { readAfter: ({ erasureId }) => ({ erasureId }) },
    handle: deleteUser,
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/erasures/{erasureId}',
    operationId: 'getErasure',
    tag,
    summary: 'Read the receipt of an erasure',
    description: 'Receipts are kept; they do not say whose they are.',
    scope: 'admin',
    isOpenToPlayers: true,
    params: ErasureParams,
    answer: { schema: ErasureReceipt, description: 'Each store, and whether it is done.' },
    problems: [404, 503],
    handle: getErasure,
  }),
];

export const routePersonalData = (app: App): void => registerEndpoints(app, ENDPOINTS, openPersonalData);
