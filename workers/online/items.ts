// The catalogue's own routes: create, replace, change, delete, read, list. A change is written to D1 and taken over by
// this isolate before it is acknowledged.

import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
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
import { deleteItem, listItems, patchItem, putItems, readItem } from '../storage/items.ts';
import { requireScope } from './auth.ts';
import { ProblemError } from './problems.ts';
import {
  ItemParams,
  json,
  jsonBody,
  parseBody,
  problems,
  readJson,
  scoped,
  wholeNumber,
  withoutId,
} from './routing.ts';

const PutParams = z.object({ itemId: ItemId });
const BulkBody = z.object({ items: z.array(ItemWithIdInput).min(1).max(ITEMS_PER_REQUEST_MAX) });
const BulkAnswer = z.object({ stored: z.number().int() });
const List = z.object({
  items: z.array(Item),
  cursor: z.string().nullable().meta({ description: 'Give it back for the next page; null on the last.' }),
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

const tags = ['Items'];
const noSuchItem = (itemId: string) => new ProblemError('not-found', `No item has the id “${itemId}”.`);

export function routeItems(app: OpenAPIHono<{ Bindings: Env }>): void {
  const put = createRoute({
    method: 'put',
    path: '/v1/items/{itemId}',
    tags,
    summary: 'Create or replace an item',
    ...scoped('admin'),
    request: { params: PutParams, body: jsonBody(ItemInput) },
    responses: { 200: json(Item, 'The item as stored.'), ...problems(400, 413, 415) },
  });
  const bulk = createRoute({
    method: 'post',
    path: '/v1/items',
    tags,
    summary: 'Create or replace many items',
    description: 'All or none: one item that is not valid refuses the request, and `errors` names its fields.',
    ...scoped('admin'),
    request: { body: jsonBody(BulkBody) },
    responses: {
      200: json(BulkAnswer, 'How many were stored; of one that comes twice, the last.'),
      ...problems(400, 413, 415),
    },
  });
  const patch = createRoute({
    method: 'patch',
    path: '/v1/items/{itemId}',
    tags,
    summary: 'Change some fields of an item',
    ...scoped('admin'),
    request: { params: ItemParams, body: jsonBody(ItemPatch) },
    responses: { 200: json(Item, 'The item as it now is.'), ...problems(400, 404, 413, 415) },
  });

  app.openAPIRegistry.registerPath(put);
  app.put(put.getRoutingPath(), requireScope('admin'), async (c) => {
    const { itemId } = parseBody(PutParams, c.req.param());
    const body = await readJson(c.req.raw, ITEMS_BODY_BYTES_MAX);
    const fields = parseBody(ItemInput, withoutId(body, 'itemId', itemId));
    const item = { itemId, ...fields };
    const revision = await putItems(c.env.DB, [item]);
    isolate.catalogue.apply({ itemId, revision, item });
    return c.json(item);
  });

  app.openAPIRegistry.registerPath(bulk);
  app.post(bulk.path, requireScope('admin'), async (c) => {
    const { items } = parseBody(BulkBody, await readJson(c.req.raw, ITEMS_BODY_BYTES_MAX));
    const revision = await putItems(c.env.DB, items);
    for (const item of items) isolate.catalogue.apply({ itemId: item.itemId, revision, item });
    return c.json({ stored: new Set(items.map(({ itemId }) => itemId)).size });
  });

  app.openAPIRegistry.registerPath(patch);
  app.patch(patch.getRoutingPath(), requireScope('admin'), async (c) => {
    const { itemId } = parseBody(ItemParams, c.req.param());
    const changes = parseBody(ItemPatch, await readJson(c.req.raw, ITEMS_BODY_BYTES_MAX));
    const change = await patchItem(c.env.DB, itemId, changes);
    if (change === undefined) throw noSuchItem(itemId);
    isolate.catalogue.apply(change);
    return c.json(change.item);
  });

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/items/{itemId}',
      tags,
      summary: 'Read an item',
      ...scoped('read'),
      request: { params: ItemParams },
      responses: { 200: json(Item, 'The item.'), ...problems(400, 404) },
    }),
    async (c) => {
      const { itemId } = c.req.valid('param');
      const item = await readItem(c.env.DB, itemId);
      if (item === undefined) throw noSuchItem(itemId);
      return c.json(item, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'delete',
      path: '/v1/items/{itemId}',
      tags,
      summary: 'Delete an item',
      ...scoped('admin'),
      request: { params: ItemParams },
      responses: { 204: { description: 'It is gone from every answer.' }, ...problems(400, 404) },
    }),
    async (c) => {
      const { itemId } = c.req.valid('param');
      const change = await deleteItem(c.env.DB, itemId, Date.now());
      if (change === undefined) throw noSuchItem(itemId);
      isolate.catalogue.apply(change);
      return c.body(null, 204);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/items',
      tags,
      summary: 'List items',
      ...scoped('read'),
      request: { query: ListQuery },
      responses: { 200: json(List, 'A page, in the order of ids.'), ...problems(400) },
    }),
    async (c) => {
      const { limit, cursor, ...filter } = c.req.valid('query');
      const items = await listItems(c.env.DB, filter, readCursor(cursor), limit);
      return c.json({ items, cursor: items.length === limit ? writeCursor(items.at(-1)!.itemId) : null }, 200);
    },
  );
}

// A cursor is opaque to the client: base64url of the last id, so that what it holds may change.
const writeCursor = (itemId: string): string => Buffer.from(itemId, 'utf8').toString('base64url');

function readCursor(cursor: string | undefined): string {
  if (cursor === undefined) return '';
  const itemId = Buffer.from(cursor, 'base64url').toString('utf8');
  if (itemId === '' || writeCursor(itemId) !== cursor)
    throw new ProblemError('invalid-input', undefined, [
      { path: 'cursor', message: 'is not one that a list answered' },
    ]);
  return itemId;
}
