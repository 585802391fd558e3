// The endpoints of keys. Only the answer to creating a key shows it.

import { z } from '@hono/zod-openapi';
import { KEY_BODY_BYTES_MAX, KEYS_MAX, Key, KeyInput, NewKey } from '../../models/contracts/key.ts';
import type { StoredKey } from '../../models/contracts/published-state.ts';
import { hashKey } from '../credentials/key-digest.ts';
import * as storage from '../storage/keys.ts';
import type { KeyCaller } from './caller.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import { makeKey } from './make-key.ts';
import { invalidInput, ProblemError } from './problems.ts';
import { publishChange } from './publish-change.ts';

const KeyParams = z.object({
  keyId: z
    .string()
    .regex(/^[0-9a-f]{16}$/, 'must be 16 hexadecimal digits')
    .meta({ param: { name: 'keyId', in: 'path' }, example: '9f86d081884c7d65' }),
});
type KeyParams = z.output<typeof KeyParams>;
const ListAnswer = z.object({ keys: z.array(Key).meta({ description: 'Oldest first.' }) });

export interface KeyStore {
  /** Oldest first. */
  listKeys(): Promise<Key[]>;
  /** False if there are KEYS_MAX already. */
  insertKey(key: StoredKey): Promise<boolean>;
  /** False if no key has the id. */
  deleteKey(keyId: string): Promise<boolean>;
}

/** A change takes effect with the next request in this isolate. */
function openKeyStore(context: AppContext): KeyStore {
  const { env } = context;
  return {
    listKeys: () => storage.listKeys(env.DB),
    insertKey: async (key) => {
      const isStored = await storage.insertKey(env.DB, key, KEYS_MAX);
      if (isStored) await publishChange(context);
      return isStored;
    },
    deleteKey: async (keyId) => {
      const isDeleted = await storage.deleteKey(env.DB, keyId);
      if (isDeleted) await publishChange(context);
      return isDeleted;
    },
  };
}

export const getKeys = async (_: object, store: Pick<KeyStore, 'listKeys'>): Promise<z.output<typeof ListAnswer>> => ({
  keys: await store.listKeys(),
});

export async function postKey(
  { body, createdBy }: { body: z.output<typeof KeyInput>; createdBy: string },
  store: Pick<KeyStore, 'insertKey'>,
): Promise<NewKey> {
  const now = Date.now();
  if (body.expiresAt !== undefined && Date.parse(body.expiresAt) <= now)
    throw invalidInput([{ path: ['expiresAt'], message: 'must be in the future' }]);
  const { keyId, key } = makeKey();
  const shown: Key = {
    keyId,
    name: body.name,
    scopes: body.scopes,
    createdAt: new Date(now).toISOString(),
    createdBy,
    expiresAt: body.expiresAt ?? null,
    origins: body.origins ?? null,
    ratePerMinute: body.ratePerMinute ?? null,
  };
  if (!(await store.insertKey({ ...shown, hash: await hashKey(key) })))
    throw new ProblemError('conflict', `There are already ${KEYS_MAX} keys; delete one first.`);
  return { ...shown, key };
}

export async function deleteKey(
  { params: { keyId } }: { params: KeyParams },
  store: Pick<KeyStore, 'deleteKey'>,
): Promise<void> {
  if (!(await store.deleteKey(keyId))) throw new ProblemError('not-found', `No key has the id “${keyId}”.`);
}

const tag = 'Keys';

const ENDPOINTS: Endpoint<KeyStore>[] = [
  defineEndpoint({
    method: 'post',
    path: '/v1/keys',
    operationId: 'postKey',
    tag,
    summary: 'Create a key',
    description:
      'Scopes: `ingest` sends events, `read` reads galleries and the catalogue, `mint` makes players’ tokens, ' +
      '`admin` does everything. The key works here at once, and everywhere else within two seconds.',
    scope: 'admin',
    body: { schema: KeyInput, maxBytes: KEY_BODY_BYTES_MAX },
    answer: {
      status: 201,
      schema: NewKey,
      description: 'The key, which is not shown again: only its digest is stored.',
      headers: ({ keyId }) => ({ location: `/v1/keys/${keyId}`, 'cache-control': 'no-store' }),
    },
    problems: [409],
    audit: { readAfter: ({ key: _, ...key }) => key },
    // A token has no scope, so the caller is a key.
    handle: ({ body, caller }, store) => postKey({ body, createdBy: (caller as KeyCaller).keyId }, store),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/keys',
    operationId: 'getKeys',
    tag,
    summary: 'List the keys',
    description: 'The keys of the environment (`ADMIN_KEY`, `INGEST_KEY`, `READ_KEY`, `MINT_KEY`) are not listed.',
    scope: 'admin',
    answer: { schema: ListAnswer, description: 'All keys, without their text. Expired ones stay until deleted.' },
    handle: getKeys,
  }),
  defineEndpoint({
    method: 'delete',
    path: '/v1/keys/{keyId}',
    operationId: 'deleteKey',
    tag,
    summary: 'Revoke a key',
    description:
      'The key is refused here at once, and elsewhere within 30 seconds; its open streams then get no more notices.',
    scope: 'admin',
    params: KeyParams,
    answer: { status: 204, description: 'The key is deleted.' },
    problems: [404],
    audit: {
      readBefore: async ({ params }, store: KeyStore) =>
        (await store.listKeys()).find(({ keyId }) => keyId === params.keyId),
    },
    handle: deleteKey,
  }),
];

export const routeKeys = (app: App): void => registerEndpoints(app, ENDPOINTS, openKeyStore);
