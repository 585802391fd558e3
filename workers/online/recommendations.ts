// The endpoints of a player's gallery and top picks. workers/serving finds the best answer within the deadline; this
// file shapes the response.

import { z } from '@hono/zod-openapi';
import { GALLERY_ROW_LENGTH_DEFAULT, Gallery, Recommendations } from '../../models/contracts/gallery.ts';
import { POLICIES } from '../../models/contracts/policy.ts';
import { findEmptiedBy } from '../recommending/emptied.ts';
import { explainItems } from '../recommending/explain.ts';
import type { Served } from '../serving/climb.ts';
import type { GalleryContent } from '../serving/compose-page.ts';
import type { Caller } from './caller.ts';
import { type AnswerRequest, contextQuery } from './context.ts';
import { type App, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import { expandItems } from './expand-items.ts';
import { listExposures } from './exposures.ts';
import { assertLooked, refuseLook, VariantNames } from './look-at-variant.ts';
import { Genre, pageQuery, slateQuery, splitIds, UserParams } from './parameters.ts';
import { ProblemError } from './problems.ts';
import { openRecommender, type Recommender } from './recommender.ts';
import type { Shown } from './record-answer.ts';

const EXPLAINED_MAX = 20;

/** `itemIds`: undefined for all. */
const Explain = z
  .string()
  .min(1)
  .max(EXPLAINED_MAX * 129)
  .transform((value) => ({ itemIds: value === '1' ? undefined : splitIds(value) }))
  .refine(({ itemIds }) => (itemIds?.length ?? 0) <= EXPLAINED_MAX, `names at most ${EXPLAINED_MAX} items`)
  .optional()
  .meta({
    type: 'string',
    description:
      '`1`, or item ids separated by commas: explains why each is in the answer, or why it is not. A comma in an id ' +
      'is written `%2C`, which is `%252C` in the URL. Such an answer counts as not shown: the ranking model does not ' +
      'learn from it. Only with a key: it names the store’s rules.',
  });

export const galleryQuery = {
  ...slateQuery,
  ...contextQuery,
  exclude: pageQuery.exclude,
  n: slateQuery.n.default(GALLERY_ROW_LENGTH_DEFAULT).meta({ description: 'Items per row, at most.' }),
};
const GalleryQuery = z.object({
  ...galleryQuery,
  explain: Explain,
  variant: VariantNames,
  policy: z
    .enum(POLICIES)
    .default('full')
    .meta({
      description:
        'For comparison: `no-fatigue` returns the full page as if nothing had been shown to the player before; ' +
        '`retrieval` and `popularity` return baseline pages, ordered by the retrieval model or by popularity, which ' +
        'are not explained. Only full pages are logged for the ranking model. Pages of other policies are in no ' +
        'experiment. Only with a key.',
    }),
});
export const RecommendationsQuery = z.object({
  ...slateQuery,
  ...contextQuery,
  ...pageQuery,
  genre: Genre,
  explain: Explain,
  variant: VariantNames,
});

/** The options for the gallery's form; the rest of the query is in the request. */
type GalleryForm = Pick<z.output<typeof GalleryQuery>, 'n' | 'expand'> &
  Partial<Pick<z.output<typeof GalleryQuery>, 'exclude' | 'explain' | 'policy' | 'variant'>>;
export type GalleryRecommender = Pick<Recommender, 'readRequest' | 'answerGallery' | 'recordAnswer'>;

export async function getGallery(
  { params: { userId }, query, caller }: { params: UserParams; query: z.output<typeof GalleryQuery>; caller: Caller },
  recommender: GalleryRecommender,
): Promise<Gallery> {
  refuseDiagnosis(query, caller);
  refuseLook(query.variant, caller);
  return serveGallery(recommender.readRequest(query, userId), query, recommender);
}

/** Answers a parsed request. */
export async function serveGallery(
  request: AnswerRequest,
  { n, exclude, expand, explain, policy = 'full', variant }: GalleryForm,
  recommender: Omit<GalleryRecommender, 'readRequest'>,
): Promise<Gallery> {
  const served = await recommender.answerGallery({ ...request, variants: variant }, n, { policy, exclude });
  const { answer, input, page, isBaseline = false } = served;
  // An answer with explanations is read by a developer, not by the player.
  const isShown = explain === undefined && policy === 'full';
  const shown = isShown ? describeShown(request, served) : undefined;
  if (variant !== undefined) assertLooked(variant, served);
  else recommender.recordAnswer('gallery', { answer, isEmpty: served.rows.length === 0, shown });
  const rows = served.rows.map((row) => ({ ...row, items: expandItems(row.items, input.catalogue, expand) }));
  const isEmptied = (page !== undefined || isBaseline) && rows.length === 0 && input.catalogue.size > 0;
  return {
    ...answer,
    rows,
    ...(isEmptied && { emptiedBy: findEmptiedBy({ ...input, exclude }) }),
    ...(explain && page && { explain: explainItems(explain.itemIds, page, input) }),
  };
}

function describeShown(request: AnswerRequest, served: Served<GalleryContent>): Shown {
  const { page, interleaved, composed, rows } = served;
  // A page without fatigue has other features than the player's.
  const isLogged = composed === undefined || composed.plan.policy === 'full';
  const exposures = listExposures(served, request, rows.length === 0, Date.now());
  return { request, page: isLogged ? page : undefined, exposures, interleaved };
}

export async function getRecommendations(
  {
    params: { userId },
    query,
    caller,
  }: { params: UserParams; query: z.output<typeof RecommendationsQuery>; caller: Caller },
  recommender: Pick<Recommender, 'readRequest' | 'answerRecommendations' | 'recordAnswer'>,
): Promise<Recommendations> {
  refuseDiagnosis(query, caller);
  refuseLook(query.variant, caller);
  const { n, genre, exclude, offset, recommendationId, expand, explain, variant, ...context } = query;
  const request = { ...recommender.readRequest(context, userId), recommendationId, variants: variant };
  const served = await recommender.answerRecommendations(request, n, { genre, exclude, offset });
  const { answer, input, items, ranking } = served;
  const isEmpty = items.length === 0;
  const exposures = explain ? [] : listExposures(served, request, isEmpty, Date.now());
  if (variant !== undefined) assertLooked(variant, served);
  else recommender.recordAnswer('recommendations', { answer, isEmpty, shown: { request, exposures } });
  const rows = [{ id: 'recommendations', items }];
  return {
    ...answer,
    items: expandItems(items, input.catalogue, expand),
    ...(explain && ranking && { explain: explainItems(explain.itemIds, { rows, topPicks: [], ranking }, input) }),
  };
}

/** Throws `forbidden` if a player asks for an explanation or a baseline page, which are for the store's developers. */
function refuseDiagnosis(
  { explain, policy = 'full' }: Partial<Pick<z.output<typeof GalleryQuery>, 'explain' | 'policy'>>,
  caller: Caller,
): void {
  if (caller.kind !== 'player' || (explain === undefined && policy === 'full')) return;
  throw new ProblemError('forbidden', '“explain” and “policy” need a key with the scope “read”; leave them out.');
}

const tag = 'Recommendations';

const ENDPOINTS: Endpoint<Recommender>[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/users/{userId}/gallery',
    operationId: 'getGallery',
    tag,
    summary: 'Get the rows of a player’s page',
    description: 'An unknown player gets a gallery too. No item appears twice.',
    scope: 'read',
    isOpenToPlayers: true,
    params: UserParams,
    query: GalleryQuery,
    answer: { schema: Gallery, description: 'The gallery.' },
    problems: [503],
    handle: getGallery,
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/users/{userId}/recommendations',
    operationId: 'getRecommendations',
    tag,
    summary: 'Get the top picks for a player',
    scope: 'read',
    isOpenToPlayers: true,
    params: UserParams,
    query: RecommendationsQuery,
    answer: { schema: Recommendations, description: 'The picks, best first.' },
    problems: [503],
    handle: getRecommendations,
  }),
];

export const routeRecommendations = (app: App): void => registerEndpoints(app, ENDPOINTS, openRecommender);
