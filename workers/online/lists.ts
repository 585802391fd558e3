// Endpoints of lists that are the same for every player: popular, trending, best rated, new, and similar to an item.

import { z } from '@hono/zod-openapi';
import { Recommendations, type Tier } from '../../models/contracts/gallery.ts';
import type { Selection } from '../recommending/filters.ts';
import { recommendList, recommendSimilar } from '../recommending/lists.ts';
import { explainShort, listRemoved } from '../recommending/short.ts';
import { listSimilar } from '../recommending/similar.ts';
import { addDegraded } from '../serving/hydrate.ts';
import { createListHeaders } from './caching.ts';
import { contextQuery } from './context.ts';
import { type App, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import { expandItems } from './expand-items.ts';
import { Genre, ItemParams, pageQuery, slateQuery } from './parameters.ts';
import { ProblemError } from './problems.ts';
import { openRecommender, type Recommender } from './recommender.ts';

const LIST_SUMMARIES = {
  popular: 'List popular items, by players with a half-life of 14 days',
  trending: 'List items that rise against their own past',
  'best-rated': 'List the best rated items (Bayesian average)',
  new: 'List the newest items',
} as const;
type ListName = keyof typeof LIST_SUMMARIES;
const LIST_OPERATIONS: Record<ListName, string> = {
  popular: 'getPopular',
  trending: 'getTrending',
  'best-rated': 'getBestRated',
  new: 'getNew',
};

const ListQuery = z.object({ ...slateQuery, ...contextQuery, genre: Genre });
export const SimilarQuery = z.object({ ...slateQuery, ...contextQuery, ...pageQuery, genre: Genre });

export type ListMaker = Pick<Recommender, 'readRequest' | 'hydrate' | 'recordAnswer'>;

export const getList =
  (list: ListName) =>
  async (
    { query }: { query: z.output<typeof ListQuery> & Pick<Selection, 'offset'> },
    recommender: ListMaker,
  ): Promise<Recommendations> => {
    const { n, genre, offset = 0, expand, ...context } = query;
    const hydrated = await recommender.hydrate(recommender.readRequest(context));
    const { input } = hydrated;
    const items = recommendList(input, list, n, { genre, offset });
    const removed = listRemoved(input, { genre });
    const { answer } = addDegraded(hydrated, offset === 0 ? explainShort(items.length, n, removed) : []);
    recommender.recordAnswer('list', { answer, isEmpty: items.length === 0 });
    return { ...answer, items: expandItems(items, input.catalogue, expand) };
  };

export async function getSimilar(
  { params: { itemId }, query }: { params: ItemParams; query: z.output<typeof SimilarQuery> },
  recommender: ListMaker,
): Promise<Recommendations> {
  const { n, genre, exclude, offset = 0, recommendationId, expand, ...context } = query;
  const { input, answer } = await recommender.hydrate({ ...recommender.readRequest(context), recommendationId });
  if (input.catalogue.size === 0 && answer.degraded.some(({ step }) => step === 'catalogue'))
    throw new ProblemError('unavailable', 'The catalogue could not be read yet.');
  const to = input.catalogue.columns.find(itemId);
  if (to < 0) throw new ProblemError('not-found', `No visible item has the id “${itemId}”.`);
  const tier: Tier = input.neighboursOf(itemId).positions.length > 0 ? 'online' : 'statistics';
  const similar = listSimilar(input, to);
  const items = recommendSimilar(input, similar, n, { genre, exclude, offset });
  const removed = listRemoved(
    input,
    { genre, exclude },
    similar.map(({ index }) => index),
  );
  const degraded = offset === 0 ? explainShort(items.length, n, removed) : [];
  const marked = { ...answer, tier, degraded: [...answer.degraded, ...degraded] };
  recommender.recordAnswer('similar', { answer: marked, isEmpty: items.length === 0 });
  return { ...marked, items: expandItems(items, input.catalogue, expand) };
}

const tag = 'Recommendations';

const ENDPOINTS: Endpoint<ListMaker>[] = [
  ...(Object.keys(LIST_SUMMARIES) as ListName[]).map((list) =>
    defineEndpoint({
      method: 'get',
      path: `/v1/items/${list}`,
      operationId: LIST_OPERATIONS[list],
      tag,
      summary: LIST_SUMMARIES[list],
      scope: 'read',
      isOpenToPlayers: true,
      query: ListQuery,
      answer: { schema: Recommendations, description: 'The list, best first.', headers: createListHeaders },
      handle: getList(list),
    }),
  ),
  defineEndpoint({
    method: 'get',
    path: '/v1/items/{itemId}/similar',
    operationId: 'getSimilar',
    tag,
    summary: 'List items similar to an item',
    scope: 'read',
    isOpenToPlayers: true,
    params: ItemParams,
    query: SimilarQuery,
    answer: { schema: Recommendations, description: 'The neighbours, nearest first.', headers: createListHeaders },
    problems: [404, 503],
    handle: getSimilar,
  }),
];

/** Register before the endpoint of an item, whose id could be the name of a list. */
export const routeLists = (app: App): void => registerEndpoints(app, ENDPOINTS, openRecommender);
