// The catalogue's endpoints: create, replace, change, delete, read, list. A change is written to D1 and applied to this
// isolate's catalogue before it is acknowledged; it is published behind the answer.

import { z } from '@hono/zod-openapi';
import {
  ITEMS_BODY_BYTES_MAX,
  ITEMS_PER_REQUEST_MAX,
  Item,
  ItemId,
  ItemInput,
  ItemPatch,
  ItemWithIdInput,
  LIST_LIMIT_MAX,
} from '../../models/contracts/item.ts';
import { isolate } from '../serving/isolate.ts';
import type { ItemChange, ItemFilter } from '../storage/items.ts';
import * as storage from '../storage/items.ts';
import { createItemHeaders } from './caching.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import { ItemParams, wholeNumber } from './parameters.ts';
import { ProblemError } from './problems.ts';

const PutParams = z.object({ itemId: ItemId });
const BulkBody = z.strictObject({ items: z.array(ItemWithIdInput).min(1).max(ITEMS_PER_REQUEST_MAX) });
const BulkAnswer = z.object({ stored: z.number().int() });
const ListAnswer = z.object({
  items: z.array(Item),
  cursor: z.string().nullable().meta({ description: 'Send it back for the next page; null on the last.' }),
});
const ListQuery = z.object({
  limit: wholeNumber(1, LIST_LIMIT_MAX).default(20),
  cursor: z.string().max(600).optional(),
  genre: z.string().min(1).max(64).optional(),
  tag: z.string().min(1).max(64).optional(),
  text: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: 'Part of the title, the developer, a genre or a tag, any case.' }),
});

export interface ItemStore {
  readItem(itemId: string): Promise<Item | undefined>;
  /** Hidden items included; unknown ids are left out. */
  readItems(itemIds: readonly string[]): Promise<Item[]>;
  /** Ordered by id, after `afterId`. */
  listItems(filter: ItemFilter, afterId: string, limit: number): Promise<Item[]>;
  putItems(items: readonly Item[]): Promise<readonly ItemChange<Item>[]>;
  patchItem(itemId: string, patch: ItemPatch): Promise<ItemChange<Item> | undefined>;
  deleteItem(itemId: string): Promise<ItemChange<null> | undefined>;
  /** Shows a change in this isolate's next answer, and elsewhere within 30 seconds. */
  applyChange(change: ItemChange): void;
}

export const openItemStore = ({ env, env: { DB }, executionCtx }: AppContext): ItemStore => ({
  readItem: (itemId) => storage.readItem(DB, itemId),
  readItems: (itemIds) => storage.readItems(DB, itemIds),
  listItems: (filter, afterId, limit) => storage.listItems(DB, filter, afterId, limit),
  putItems: (items) => storage.putItems(DB, items),
  patchItem: (itemId, patch) => storage.patchItem(DB, itemId, patch),
  deleteItem: (itemId) => storage.deleteItem(DB, itemId, Date.now()),
  applyChange: (change) => isolate.applyChange(env, change, (work) => executionCtx.waitUntil(work)),
});

export async function getItem(
  { params: { itemId } }: { params: ItemParams },
  store: Pick<ItemStore, 'readItem'>,
): Promise<Item> {
  const item = await store.readItem(itemId);
  if (item === undefined) throw itemNotFound(itemId);
  return item;
}

export async function getItems(
  { query: { limit, cursor, ...filter } }: { query: z.output<typeof ListQuery> },
  store: Pick<ItemStore, 'listItems'>,
): Promise<z.output<typeof ListAnswer>> {
  const items = await store.listItems(filter, readCursor(cursor), limit);
  return { items, cursor: items.length === limit ? writeCursor(items.at(-1)!.itemId) : null };
}

export async function putItem(
  { params: { itemId }, body }: { params: ItemParams; body: z.output<typeof ItemInput> },
  store: Pick<ItemStore, 'putItems' | 'applyChange'>,
): Promise<Item> {
  const item = { itemId, ...body };
  for (const change of await store.putItems([item])) store.applyChange(change);
  return item;
}

export async function postItems(
  { body: { items } }: { body: z.output<typeof BulkBody> },
  store: Pick<ItemStore, 'putItems' | 'applyChange'>,
): Promise<z.output<typeof BulkAnswer>> {
  for (const change of await store.putItems(items)) store.applyChange(change);
  return { stored: new Set(items.map(({ itemId }) => itemId)).size };
}

export async function patchItem(
  { params: { itemId }, body }: { params: ItemParams; body: ItemPatch },
  store: Pick<ItemStore, 'patchItem' | 'applyChange'>,
): Promise<Item> {
  const change = await store.patchItem(itemId, body);
  if (change === undefined) throw itemNotFound(itemId);
  store.applyChange(change);
  return change.item;
}

export async function deleteItem(
  { params: { itemId } }: { params: ItemParams },
  store: Pick<ItemStore, 'deleteItem' | 'applyChange'>,
): Promise<void> {
  const change = await store.deleteItem(itemId);
  if (change === undefined) throw itemNotFound(itemId);
  store.applyChange(change);
}

const itemNotFound = (itemId: string) => new ProblemError('not-found', `No item has the id “${itemId}”.`);

const tag = 'Items';

const readBefore = async ({ params: { itemId } }: { params: ItemParams }, store: ItemStore) =>
  (await store.readItems([itemId]))[0];

const ENDPOINTS: Endpoint<ItemStore>[] = [
  defineEndpoint({
    method: 'put',
    path: '/v1/items/{itemId}',
    operationId: 'putItem',
    tag,
    summary: 'Create or replace an item',
    scope: 'admin',
    params: PutParams,
    body: { schema: ItemInput, maxBytes: ITEMS_BODY_BYTES_MAX, repeats: 'itemId' },
    answer: { schema: Item, description: 'The item as stored.' },
    audit: { readBefore, readAfter: (item) => item },
    handle: putItem,
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/items',
    operationId: 'postItems',
    tag,
    summary: 'Create or replace many items',
    description: 'All or none: one invalid item refuses the request, and `errors` names its fields.',
    scope: 'admin',
    body: { schema: BulkBody, maxBytes: ITEMS_BODY_BYTES_MAX },
    answer: {
      schema: BulkAnswer,
      description: 'The number of items stored; of an id that occurs twice, the last item.',
    },
    audit: {
      readBefore: ({ body: { items } }, store: ItemStore) => store.readItems(items.map(({ itemId }) => itemId)),
      readAfter: (_, { body: { items } }) => items,
    },
    handle: postItems,
  }),
  defineEndpoint({
    method: 'patch',
    path: '/v1/items/{itemId}',
    operationId: 'patchItem',
    tag,
    summary: 'Change some fields of an item',
    scope: 'admin',
    params: ItemParams,
    body: { schema: ItemPatch, maxBytes: ITEMS_BODY_BYTES_MAX },
    answer: { schema: Item, description: 'The item after the change.' },
    problems: [404],
    audit: { readBefore, readAfter: (item) => item },
    handle: patchItem,
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/items/{itemId}',
    operationId: 'getItem',
    tag,
    summary: 'Read an item',
    scope: 'read',
    params: ItemParams,
    answer: { schema: Item, description: 'The item.', headers: createItemHeaders },
    problems: [404],
    handle: getItem,
  }),
  defineEndpoint({
    method: 'delete',
    path: '/v1/items/{itemId}',
    operationId: 'deleteItem',
    tag,
    summary: 'Delete an item',
    scope: 'admin',
    params: ItemParams,
    answer: { status: 204, description: 'The item is in no answer any more.' },
    problems: [404],
    audit: { readBefore },
    handle: deleteItem,
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/items',
    operationId: 'getItems',
    tag,
    summary: 'List items',
    scope: 'read',
    query: ListQuery,
    answer: { schema: ListAnswer, description: 'One page, ordered by id.', headers: createItemHeaders },
    handle: getItems,
  }),
];

export const routeItems = (app: App): void => registerEndpoints(app, ENDPOINTS, openItemStore);
