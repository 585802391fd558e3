// gorse's list endpoints: popular and latest items, and the neighbours of an item.

import { z } from 'zod';
import { type RecommendedItem, SLATE_LENGTH_MAX } from '../../models/contracts/gallery.ts';
import { Id } from '../../models/contracts/id.ts';
import { contextQuery } from '../online/context.ts';
import { type App, defineEndpoint, type Endpoint, registerEndpoints } from '../online/endpoint.ts';
import { getList, getSimilar, type ListMaker } from '../online/lists.ts';
import { Genre, ItemParams } from '../online/parameters.ts';
import { ProblemError } from '../online/problems.ts';
import { openRecommender } from '../online/recommender.ts';
import { length, Offset } from './shapes.ts';

const ListQuery = z.object({ n: length(SLATE_LENGTH_MAX), offset: Offset, 'user-id': Id.optional(), ...contextQuery });
type ListQuery = z.output<typeof ListQuery>;
const CategoryParams = z.object({ category: Genre });

interface Score {
  Id: string;
  Score: number;
}
const toScore = ({ itemId, score }: RecommendedItem): Score => ({ Id: itemId, Score: score });

/** With a user, leaves out items that the user owns, has played or has dismissed. */
const listFor = (recommender: ListMaker, userId: string | undefined): ListMaker => ({
  ...recommender,
  readRequest: (query) => recommender.readRequest(query, userId),
});

async function list(
  name: 'popular' | 'new',
  { n, offset, 'user-id': userId, ...context }: ListQuery,
  category: string | undefined,
  recommender: ListMaker,
): Promise<Score[]> {
  const query = { ...context, n, offset, genre: category };
  const { items } = await getList(name)({ query }, listFor(recommender, userId));
  return items.map(toScore);
}

/** Empty for an unknown item, as in gorse. */
async function listNeighbours(
  itemId: string,
  { n, offset, 'user-id': userId, ...context }: ListQuery,
  category: string | undefined,
  recommender: ListMaker,
): Promise<Score[]> {
  const query = { ...context, n, offset, genre: category };
  try {
    const { items } = await getSimilar({ params: { itemId }, query }, listFor(recommender, userId));
    return items.map(toScore);
  } catch (error) {
    if (error instanceof ProblemError && error.kind === 'not-found') return [];
    throw error;
  }
}

const tag = 'Recommendations';
const answer = { description: 'Item ids with scores, best first.' };

const defineList = (name: 'popular' | 'new', path: string) =>
  defineEndpoint({
    method: 'get',
    path,
    tag,
    summary: `List ${name} items`,
    scope: 'read',
    params: CategoryParams,
    query: ListQuery,
    answer,
    handle: ({ params: { category }, query }, recommender: ListMaker) => list(name, query, category, recommender),
  });

const defineNeighbours = (path: string) =>
  defineEndpoint({
    method: 'get',
    path,
    tag,
    summary: 'List the neighbours of an item',
    scope: 'read',
    params: ItemParams.extend(CategoryParams.shape),
    query: ListQuery,
    answer,
    handle: ({ params: { itemId, category }, query }, recommender: ListMaker) =>
      listNeighbours(itemId, query, category, recommender),
  });

const ENDPOINTS: Endpoint<ListMaker>[] = [
  defineList('popular', '/api/popular'),
  defineList('popular', '/api/popular/{category}'),
  defineList('new', '/api/latest'),
  defineList('new', '/api/latest/{category}'),
  defineNeighbours('/api/item/{itemId}/neighbors'),
  defineNeighbours('/api/item/{itemId}/neighbors/{category}'),
];

export const routeLists = (app: App): void => registerEndpoints(app, ENDPOINTS, openRecommender);
