// Answers with recommendations: workers/gathering finds the best answer that there is in time, and says which tier it is
// from; here it gets its form.

import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { Gallery, Recommendations, type RecommendedItem } from '../../models/contracts/gallery.ts';
import { findEmptiedBy } from '../recommending/emptied.ts';
import { explainItems } from '../recommending/explain.ts';
import { recommendList, recommendSimilar } from '../recommending/lists.ts';
import { POLICIES } from '../recommending/policies.ts';
import type { RankingInput } from '../recommending/ranking-input.ts';
import { hydrate } from '../serving/hydrate.ts';
import { answerGallery, answerRecommendations } from '../serving/ladder.ts';
import { contextQuery, toRecommendationRequest } from './context.ts';
import { countAnswer } from './count-answers.ts';
import { logSlate } from './log-slate.ts';
import { Genre, ItemParams, slateQuery, UserParams } from './parameters.ts';
import { ProblemError } from './problems.ts';
import { json, problems, scoped } from './routing.ts';

const tags = ['Recommendations'];
const GALLERY_ROW_LENGTH = 12;
const EXPLAINED_MAX = 20;
/** `itemIds`: undefined for all. */
const Explain = z
  .string()
  .min(1)
  .max(EXPLAINED_MAX * 129)
  .transform((value) => ({ itemIds: value === '1' ? undefined : value.split(',') }))
  .refine(({ itemIds }) => (itemIds?.length ?? 0) <= EXPLAINED_MAX, `names at most ${EXPLAINED_MAX} items`)
  .optional()
  .meta({
    type: 'string',
    description:
      '`1`, or ids of items with commas between: why each is in the answer, or why it is not. Such an answer counts as not shown: the ranking model does not learn from it.',
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
          policy: z.enum(POLICIES).default('full').meta({
            description:
              'A page by one order alone, to compare with: what the retrieval model finds, or what is popular. Such a page is not logged for the ranking model, and not explained.',
          }),
          n: slateQuery.n.default(GALLERY_ROW_LENGTH).meta({ description: 'Items per row, at most.' }),
        }),
      },
      responses: { 200: json(Gallery, 'The gallery.'), ...problems(400) },
    }),
    async (c) => {
      const { n, expand, explain: asked, policy, ...context } = c.req.valid('query');
      const from = toRecommendationRequest(c, context, c.req.valid('param').userId);
      const {
        answer,
        input: moment,
        page,
        ...served
      } = await answerGallery(from, n, policy === 'full' ? undefined : policy);
      countAnswer(from, 'gallery', answer);
      // Who asks for reasons wonders about the page; the player is not looking at it.
      if (page !== undefined && asked === undefined) logSlate(from, answer, page);
      const rows = served.rows.map((row) => ({ ...row, items: expandItems(row.items, moment, expand) }));
      const explained = asked && page && { explain: explainItems(asked.itemIds, page, moment) };
      const emptied = rows.length === 0 && moment.catalogue.size > 0 && { emptiedBy: findEmptiedBy(moment) };
      return c.json({ ...answer, rows, ...emptied, ...explained }, 200);
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
      const from = toRecommendationRequest(c, context, c.req.valid('param').userId);
      const { answer, input: moment, items, ranking } = await answerRecommendations(from, n, genre);
      countAnswer(from, 'recommendations', answer);
      const rows = [{ id: 'recommendations', items }];
      const explained = asked &&
        ranking && { explain: explainItems(asked.itemIds, { rows, topPicks: [], ranking }, moment) };
      return c.json({ ...answer, items: expandItems(items, moment, expand), ...explained }, 200);
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
        const from = toRecommendationRequest(c, context);
        const { input: moment, answer } = await hydrate(from);
        countAnswer(from, 'list', answer);
        const items = recommendList(moment, list, n, genre);
        return c.json({ ...answer, items: expandItems(items, moment, expand) }, 200);
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
      const from = toRecommendationRequest(c, context);
      const { input: moment, answer } = await hydrate(from);
      const isUnread = moment.catalogue.size === 0 && answer.degraded.some(({ step }) => step === 'catalogue');
      if (isUnread) throw new ProblemError('unavailable', 'The catalogue could not be read yet.');
      const asked = moment.catalogue.get(itemId);
      if (asked === undefined) throw new ProblemError('not-found', `No item on show has the id “${itemId}”.`);
      const items = recommendSimilar(moment, asked, n);
      const tier = moment.neighboursOf(itemId).length > 0 ? 'online' : 'statistics';
      countAnswer(from, 'similar', { ...answer, tier });
      return c.json({ ...answer, tier, items: expandItems(items, moment, expand) } as const, 200);
    },
  );
}

/** What was made before brings its items along. */
const expandItems = (
  items: readonly RecommendedItem[],
  { catalogue }: RankingInput,
  expand: 'item' | undefined,
): RecommendedItem[] =>
  items.map(({ item, ...one }) => (expand === undefined ? one : { ...one, item: catalogue.get(one.itemId) ?? item }));
