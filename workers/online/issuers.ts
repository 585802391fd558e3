// The endpoints for issuers whose tokens identify players, besides this Worker itself.

import { z } from '@hono/zod-openapi';
import { Id } from '../../models/contracts/id.ts';
import {
  ISSUER_BODY_BYTES_MAX,
  ISSUERS_MAX,
  Issuer,
  IssuerInput,
  type StoredIssuer,
} from '../../models/contracts/issuer.ts';
import type { JwkSet } from '../../models/contracts/jwk-set.ts';
import type { Result } from '../../models/contracts/result.ts';
import { explainRefusedAddress, LOOPBACK } from '../../models/contracts/subscription.ts';
import * as storage from '../storage/issuers.ts';
import { listLogShards } from '../storage/log-shards.ts';
import type { KeyCaller } from './caller.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import { fetchJwkSet } from './fetch-jwk-set.ts';
import { invalidInput, ProblemError } from './problems.ts';
import { publishChange } from './publish-change.ts';

const IssuerParams = z.object({ issuerId: Id.meta({ param: { name: 'issuerId', in: 'path' } }) });
const ListAnswer = z.object({ issuers: z.array(Issuer).meta({ description: 'Oldest first.' }) });

export interface IssuerStore {
  /** Allows URLs on this machine; true only on the developer's own. */
  allowsLoopback: boolean;
  /** The error completes a sentence about the URL. */
  fetchKeys(jwksUrl: string): Promise<Result<JwkSet, string>>;
  hasPlayersWithPrefix(prefix: string): Promise<boolean>;
  /** Oldest first. */
  listIssuers(): Promise<readonly StoredIssuer[]>;
  /** False if it conflicts with another issuer, or there are too many. */
  insertIssuer(issuer: StoredIssuer): Promise<boolean>;
  /** False if no issuer has the id. */
  deleteIssuer(issuerId: string): Promise<boolean>;
}

/** A change takes effect with the next request in this isolate. */
function openIssuerStore(context: AppContext): IssuerStore {
  const { env, req } = context;
  return {
    allowsLoopback: LOOPBACK.has(new URL(req.url).hostname),
    fetchKeys: (jwksUrl) => fetchJwkSet(jwksUrl),
    hasPlayersWithPrefix: (prefix) => storage.hasPlayersWithPrefix([env.DB, ...listLogShards(env)], prefix),
    listIssuers: () => storage.readIssuers(env.DB),
    insertIssuer: async (issuer) => {
      const isStored = await storage.insertIssuer(env.DB, issuer, ISSUERS_MAX);
      if (isStored) await publishChange(context);
      return isStored;
    },
    deleteIssuer: async (issuerId) => {
      const isDeleted = await storage.deleteIssuer(env.DB, issuerId);
      if (isDeleted) await publishChange(context);
      return isDeleted;
    },
  };
}

const toIssuer = ({ createdAt, jwks, keysReadAt, keysTriedAt: _, keysFailure, ...issuer }: StoredIssuer): Issuer => ({
  ...issuer,
  createdAt: new Date(createdAt).toISOString(),
  keys: { count: jwks.keys.length, readAt: new Date(keysReadAt).toISOString(), failure: keysFailure },
});

export const getIssuers = async (
  _: object,
  store: Pick<IssuerStore, 'listIssuers'>,
): Promise<z.output<typeof ListAnswer>> => ({ issuers: (await store.listIssuers()).map(toIssuer) });

export async function postIssuer(
  { body: { adoptPlayers, ...fields }, createdBy }: { body: IssuerInput; createdBy: string },
  store: Omit<IssuerStore, 'deleteIssuer'>,
): Promise<Issuer> {
  const refusal = explainRefusedAddress(fields.jwksUrl, store.allowsLoopback);
  if (refusal !== undefined) throw invalidInput([{ path: ['jwksUrl'], message: refusal }]);
  const conflict = explainConflict(fields, await store.listIssuers());
  if (conflict !== undefined) throw new ProblemError('conflict', conflict);
  if (!adoptPlayers && (await store.hasPlayersWithPrefix(fields.prefix)))
    throw new ProblemError(
      'conflict',
      `There are players whose ids begin with “${fields.prefix}”. Choose another prefix, or send “adoptPlayers”: ` +
        'true if they are the issuer’s.',
    );
  const now = Date.now();
  const keys = await store.fetchKeys(fields.jwksUrl);
  if (!keys.ok) throw invalidInput([{ path: ['jwksUrl'], message: keys.error }]);
  const issuer: StoredIssuer = {
    issuerId: crypto.randomUUID(),
    ...fields,
    createdAt: now,
    createdBy,
    jwks: keys.value,
    keysReadAt: now,
    keysTriedAt: now,
    keysFailure: null,
  };
  if (!(await store.insertIssuer(issuer)))
    throw new ProblemError('conflict', 'Another issuer was created at the same time. Send the same request again.');
  return toIssuer(issuer);
}

/** Describes the conflict with the other issuers; undefined if there is none. */
function explainConflict(
  { issuer, audience, claim, prefix }: Omit<IssuerInput, 'adoptPlayers'>,
  others: readonly StoredIssuer[],
): string | undefined {
  if (others.length >= ISSUERS_MAX) return `There are already ${ISSUERS_MAX} issuers; delete one first.`;
  const same = others.find((other) => other.issuer === issuer && other.audience === audience);
  if (same !== undefined) return `“${same.issuerId}” has the same issuer and audience; delete it first.`;
  const owner = others.find((other) => other.prefix === prefix && (other.issuer !== issuer || other.claim !== claim));
  return owner && `The prefix belongs to “${owner.issuerId}”, which has another issuer or claim.`;
}

export async function deleteIssuer(
  { params: { issuerId } }: { params: z.output<typeof IssuerParams> },
  store: Pick<IssuerStore, 'deleteIssuer'>,
): Promise<void> {
  if (!(await store.deleteIssuer(issuerId))) throw new ProblemError('not-found', `No issuer has the id “${issuerId}”.`);
}

const tag = 'Issuers';

const ENDPOINTS: Endpoint<IssuerStore>[] = [
  defineEndpoint({
    method: 'post',
    path: '/v1/issuers',
    operationId: 'postIssuer',
    tag,
    summary: 'Accept the tokens of an issuer',
    description:
      'From now on, a JWT from the issuer for the audience opens its player’s data, as a token from ' +
      '`POST /v1/tokens` does. It must be signed with RS, PS, ES or EdDSA and have `exp`. The player’s id here is ' +
      'the prefix followed by the claim; if the claim is not valid in an id, the prefix, `~` and its SHA-256 in ' +
      'base64url. The keys are read at once, then every ten minutes, and for an unknown key, at most every 30 ' +
      'seconds; while the URL fails, the keys as last read stay in use.',
    scope: 'admin',
    body: { schema: IssuerInput, maxBytes: ISSUER_BODY_BYTES_MAX },
    answer: {
      status: 201,
      schema: Issuer,
      description: 'The issuer.',
      headers: ({ issuerId }) => ({ location: `/v1/issuers/${issuerId}` }),
    },
    problems: [409],
    audit: { readAfter: (issuer) => issuer },
    // Tokens have no scopes, so the caller is a key.
    handle: ({ body, caller }, store) => postIssuer({ body, createdBy: (caller as KeyCaller).keyId }, store),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/issuers',
    operationId: 'getIssuers',
    tag,
    summary: 'List the issuers and the state of their keys',
    scope: 'admin',
    answer: { schema: ListAnswer, description: 'All issuers, except this Worker.' },
    handle: getIssuers,
  }),
  defineEndpoint({
    method: 'delete',
    path: '/v1/issuers/{issuerId}',
    operationId: 'deleteIssuer',
    tag,
    summary: 'Refuse the tokens of an issuer',
    description:
      'Its tokens are refused here at once, and everywhere within 30 seconds; streams opened with them then get no ' +
      'more notices. Its players’ data is kept.',
    scope: 'admin',
    params: IssuerParams,
    answer: { status: 204, description: 'The issuer is deleted.' },
    problems: [404],
    audit: {
      readBefore: async ({ params }, store: IssuerStore) => {
        const issuer = (await store.listIssuers()).find(({ issuerId }) => issuerId === params.issuerId);
        return issuer && toIssuer(issuer);
      },
    },
    handle: deleteIssuer,
  }),
];

export const routeIssuers = (app: App): void => registerEndpoints(app, ENDPOINTS, openIssuerStore);
