// gorse's item endpoints, over those of the catalogue.

import { z } from 'zod';
import { ITEMS_BODY_BYTES_MAX, ITEMS_PER_REQUEST_MAX, LIST_LIMIT_MAX } from '../../models/contracts/item.ts';
import { type Caller, hasScope } from '../online/caller.ts';
import { type App, defineEndpoint, type Endpoint, registerEndpoints } from '../online/endpoint.ts';
import { deleteItem, getItem, getItems, type ItemStore, openItemStore, patchItem, postItems } from '../online/items.ts';
import { ItemParams } from '../online/parameters.ts';
import { ProblemError } from '../online/problems.ts';
import { GorseItem, GorseItemPatch, listNotKept, toGorseItem, toItem, toPatch } from './item-shape.ts';
import { describeWrite, listQuery, pickCursor, Success } from './shapes.ts';

const ItemsBody = z.array(GorseItem).max(ITEMS_PER_REQUEST_MAX);
const ItemsQuery = z.object(listQuery(LIST_LIMIT_MAX));
const CategoryParams = ItemParams.extend({ category: z.string() });
type CategoryParams = z.output<typeof CategoryParams>;

/** Without the scope `admin`, a key reads only items that players may see. */
const maySeeHidden = (caller: Caller): boolean => caller.kind === 'key' && hasScope(caller, 'admin');

async function insertItems(items: readonly GorseItem[], store: ItemStore, isList: boolean): Promise<Success> {
  if (items.length === 0) return describeWrite(0);
  const converted = items.map((item, index) => toItem(item, isList ? [index] : []));
  const { stored } = await postItems({ body: { items: converted } }, store);
  return describeWrite(
    stored,
    items.flatMap(({ Labels }) => listNotKept(Labels)),
  );
}

async function changeCategories(
  { itemId, category }: CategoryParams,
  store: ItemStore,
  change: (genres: readonly string[]) => string[],
): Promise<Success> {
  const [item] = await store.readItems([itemId]);
  if (item === undefined) throw new ProblemError('not-found', `No item has the id “${itemId}”.`);
  const genres = change(item.genres.filter((genre) => genre !== category));
  await patchItem({ params: { itemId }, body: toPatch(itemId, { Categories: genres, Labels: undefined }) }, store);
  return describeWrite(1);
}

async function changeItem(
  { params, body }: { params: ItemParams; body: z.output<typeof GorseItemPatch> },
  store: ItemStore,
): Promise<Success> {
  await patchItem({ params, body: toPatch(params.itemId, body) }, store);
  return describeWrite(1, listNotKept(body.Labels));
}

/** An unknown item is no error, as in gorse; the count is 0. */
export async function removeItem(
  { params }: { params: ItemParams },
  store: Pick<ItemStore, 'deleteItem' | 'applyChange'>,
): Promise<Success> {
  try {
    await deleteItem({ params }, store);
    return describeWrite(1);
  } catch (error) {
    if (error instanceof ProblemError && error.kind === 'not-found') return describeWrite(0);
    throw error;
  }
}

export async function readGorseItem(
  { params, caller }: { params: ItemParams; caller: Caller },
  store: Pick<ItemStore, 'readItem' | 'readItems'>,
) {
  const readItem = async (itemId: string) =>
    maySeeHidden(caller) ? (await store.readItems([itemId]))[0] : store.readItem(itemId);
  return toGorseItem(await getItem({ params }, { readItem }));
}

export async function listGorseItems(
  { query, caller }: { query: z.output<typeof ItemsQuery>; caller: Caller },
  store: Pick<ItemStore, 'listItems'>,
) {
  const hidden = maySeeHidden(caller);
  const { items, cursor } = await getItems(
    { query: { limit: query.n, cursor: pickCursor(query) } },
    { listItems: (filter, afterId, limit) => store.listItems({ ...filter, hidden }, afterId, limit) },
  );
  return { Cursor: cursor ?? '', Items: items.map(toGorseItem) };
}

const tag = 'Items';
const success = { schema: Success, description: 'The number of rows changed, and the fields that are not kept.' };

const readOne = async ({ params: { itemId } }: { params: ItemParams }, store: ItemStore) =>
  (await store.readItems([itemId]))[0];
const readAll = (items: readonly GorseItem[], store: ItemStore) => store.readItems(items.map(({ ItemId }) => ItemId));
/** gorse's write routes do not return the item, so it is read again. */
const auditOne = {
  readBefore: readOne,
  readAfter: (_: unknown, input: { params: ItemParams }, store: ItemStore) => readOne(input, store),
};

const WRITES: Endpoint<ItemStore>[] = [
  defineEndpoint({
    method: 'post',
    path: '/api/item',
    tag,
    summary: 'Create or replace an item',
    scope: 'admin',
    body: { schema: GorseItem, maxBytes: ITEMS_BODY_BYTES_MAX },
    answer: success,
    audit: {
      readBefore: ({ body }, store: ItemStore) => readAll([body], store),
      readAfter: (_, { body }, store) => readAll([body], store),
    },
    handle: ({ body }, store) => insertItems([body], store, false),
  }),
  defineEndpoint({
    method: 'post',
    path: '/api/items',
    tag,
    summary: 'Create or replace items',
    scope: 'admin',
    body: { schema: ItemsBody, maxBytes: ITEMS_BODY_BYTES_MAX },
    answer: success,
    audit: {
      readBefore: ({ body }, store: ItemStore) => readAll(body, store),
      readAfter: (_, { body }, store) => readAll(body, store),
    },
    handle: ({ body }, store) => insertItems(body, store, true),
  }),
  defineEndpoint({
    method: 'patch',
    path: '/api/item/{itemId}',
    tag,
    summary: 'Change an item',
    scope: 'admin',
    params: ItemParams,
    body: { schema: GorseItemPatch, maxBytes: ITEMS_BODY_BYTES_MAX },
    answer: success,
    audit: auditOne,
    handle: changeItem,
  }),
  defineEndpoint({
    method: 'delete',
    path: '/api/item/{itemId}',
    tag,
    summary: 'Delete an item',
    scope: 'admin',
    params: ItemParams,
    answer: success,
    audit: { readBefore: readOne },
    handle: removeItem,
  }),
  defineEndpoint({
    method: 'put',
    path: '/api/item/{itemId}/category/{category}',
    tag,
    summary: 'Add a category to an item',
    scope: 'admin',
    params: CategoryParams,
    answer: success,
    audit: auditOne,
    handle: ({ params }, store) => changeCategories(params, store, (others) => [...others, params.category]),
  }),
  defineEndpoint({
    method: 'delete',
    path: '/api/item/{itemId}/category/{category}',
    tag,
    summary: 'Remove a category from an item',
    scope: 'admin',
    params: CategoryParams,
    answer: success,
    audit: auditOne,
    handle: ({ params }, store) => changeCategories(params, store, (others) => [...others]),
  }),
];

const READS: Endpoint<ItemStore>[] = [
  defineEndpoint({
    method: 'get',
    path: '/api/item/{itemId}',
    tag,
    summary: 'Read an item',
    scope: 'read',
    params: ItemParams,
    answer: { description: 'The item.' },
    handle: readGorseItem,
  }),
  defineEndpoint({
    method: 'get',
    path: '/api/items',
    tag,
    summary: 'List items',
    scope: 'read',
    query: ItemsQuery,
    answer: { description: 'One page, ordered by id.' },
    handle: listGorseItems,
  }),
];

export const routeItems = (app: App): void => registerEndpoints(app, [...WRITES, ...READS], openItemStore);
