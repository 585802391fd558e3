// Answers with recommendations: gathers one Moment within the deadline, lets workers/recommending decide, and says which
// tier answered.

import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { Gallery, Recommendations, type RecommendedItem } from '../../models/contracts/gallery.ts';
import { type Gathered, gather } from '../gathering/gather.ts';
import { explain } from '../recommending/explain.ts';
import { composeGallery, recommend, recommendList, recommendSimilar } from '../recommending/recommend.ts';
import { asking, contextQuery } from './context.ts';
import { ProblemError } from './problems.ts';
import { Genre, ItemParams, json, problems, scoped, slateQuery, UserParams } from './routing.ts';

const tags = ['Recommendations'];
const GALLERY_ROW_LENGTH = 12;
const EXPLAINED_MAX = 20;
/** `itemIds`: undefined for all. */
const Explain = z
  .string()
  .max(EXPLAINED_MAX * 129)
  .transform((value) => ({ itemIds: value === '1' ? undefined : value.split(',') }))
  .refine(({ itemIds }) => (itemIds?.length ?? 0) <= EXPLAINED_MAX, `names at most ${EXPLAINED_MAX} items`)
  .optional()
  .meta({
    type: 'string',
    description: '`1`, or ids of items with commas between: why each is in the answer, or why it is not.',
  });
const LIST_SUMMARIES = {
  popular: 'What is popular, by events with a half-life of 14 days',
  trending: 'What rises against its own past',
  'best-rated': 'What is rated best (Bayesian average)',
  new: 'What came out last',
} as const;

export function routeRecommendations(app: OpenAPIHono<{ Bindings: Env }>): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/users/{userId}/gallery',
      tags,
      summary: 'The rows of a player’s page',
      description: 'A player nobody has seen gets a gallery too. Nothing appears twice.',
      ...scoped('read'),
      request: {
        params: UserParams,
        query: z.object({
          ...slateQuery,
          ...contextQuery,
          explain: Explain,
          n: slateQuery.n.default(GALLERY_ROW_LENGTH).meta({ description: 'Items per row, at most.' }),
        }),
      },
      responses: { 200: json(Gallery, 'The gallery.'), ...problems(400) },
    }),
    async (c) => {
      const { n, expand, explain: asked, ...context } = c.req.valid('query');
      const gathered = await gather(asking(c, context, c.req.valid('param').userId));
      const page = composeGallery(gathered.moment, n);
      const rows = page.rows.map((row) => ({ ...row, items: expandItems(row.items, gathered, expand) }));
      const explained = asked && { explain: explain(asked.itemIds, page, gathered.moment) };
      return c.json({ ...gathered.answer, rows, ...explained }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/users/{userId}/recommendations',
      tags,
      summary: 'The top picks for a player',
      ...scoped('read'),
      request: {
        params: UserParams,
        query: z.object({ ...slateQuery, ...contextQuery, genre: Genre, explain: Explain }),
      },
      responses: { 200: json(Recommendations, 'The picks, best first.'), ...problems(400) },
    }),
    async (c) => {
      const { n, genre, expand, explain: asked, ...context } = c.req.valid('query');
      const gathered = await gather(asking(c, context, c.req.valid('param').userId));
      const { items, ranked } = recommend(gathered.moment, n, genre);
      const answered = { rows: [{ id: 'recommendations', items }], placed: [], ranked };
      const explained = asked && { explain: explain(asked.itemIds, answered, gathered.moment) };
      return c.json({ ...gathered.answer, items: expandItems(items, gathered, expand), ...explained }, 200);
    },
  );

  for (const list of ['popular', 'trending', 'best-rated', 'new'] as const)
    app.openapi(
      createRoute({
        method: 'get',
        path: `/v1/items/${list}`,
        tags,
        summary: LIST_SUMMARIES[list],
        ...scoped('read'),
        request: { query: z.object({ ...slateQuery, ...contextQuery, genre: Genre }) },
        responses: { 200: json(Recommendations, 'The list, best first.'), ...problems(400) },
      }),
      async (c) => {
        const { n, genre, expand, ...context } = c.req.valid('query');
        const gathered = await gather(asking(c, context));
        const items = recommendList(gathered.moment, list, n, genre);
        return c.json({ ...gathered.answer, items: expandItems(items, gathered, expand) }, 200);
      },
    );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/items/{itemId}/similar',
      tags,
      summary: 'What goes with an item',
      ...scoped('read'),
      request: { params: ItemParams, query: z.object({ ...slateQuery, ...contextQuery }) },
      responses: { 200: json(Recommendations, 'The neighbours, nearest first.'), ...problems(400, 404, 503) },
    }),
    async (c) => {
      const { n, expand, ...context } = c.req.valid('query');
      const { itemId } = c.req.valid('param');
      const gathered = await gather(asking(c, context));
      const { moment, answer } = gathered;
      const unread = moment.catalogue.size === 0 && answer.degraded.length > 0;
      if (unread) throw new ProblemError('unavailable', 'The catalogue could not be read yet.');
      const asked = moment.catalogue.get(itemId);
      if (asked === undefined) throw new ProblemError('not-found', `No item on show has the id “${itemId}”.`);
      const items = recommendSimilar(moment, asked, n);
      const tier = moment.neighboursOf(itemId).length > 0 ? 'online' : 'statistics';
      return c.json({ ...answer, tier, items: expandItems(items, gathered, expand) } as const, 200);
    },
  );
}

const expandItems = (items: RecommendedItem[], { moment }: Gathered, expand: 'item' | undefined): RecommendedItem[] =>
  expand === undefined ? items : items.map((one) => ({ ...one, item: moment.catalogue.get(one.itemId) }));
