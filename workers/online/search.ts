// Search by text: full text in D1, and what is merely like it from the isolate's memory; put in the order of what fits the
// player. What was searched for is a signal, and shows in the next gallery.

import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { QUERY_LENGTH_MAX } from '../../models/contracts/event.ts';
import { Recommendations } from '../../models/contracts/gallery.ts';
import { text } from '../../models/contracts/text.ts';
import { findFilterReason } from '../recommending/filter.ts';
import { createOwnGameFilters } from '../recommending/filters.ts';
import type { RankingInput } from '../recommending/ranking-input.ts';
import { searchByTrigrams } from '../recommending/search.ts';
import { settle } from '../serving/degradation.ts';
import { addDegraded, hydrate, type RecommendationRequest } from '../serving/hydrate.ts';
import { identifyByLog } from '../serving/identify-by-log.ts';
import { withDeadline } from '../storage/deadline.ts';
import { searchItems } from '../storage/search.ts';
import { contextQuery, toRecommendationRequest } from './context.ts';
import { countAnswer } from './count-answers.ts';
import { slateQuery, UserParams } from './parameters.ts';
import { json, problems, scoped } from './routing.ts';
import { openEventStore, storeEvents } from './store-events.ts';

const FOUND_MAX = 200;
/** What is like the query comes after all that holds its words. */
const LIKE_SCORE_MAX = 0.5;
/** What the player would choose first gains this part of its score: the words come first. */
const TASTE_WEIGHT = 0.5;
/** The same search again within this time, as when a page is loaded anew, is told once. */
const REPEAT_MS = 60_000;

export function routeSearch(app: OpenAPIHono<{ Bindings: Env }>): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/users/{userId}/search',
      tags: ['Recommendations'],
      summary: 'Search the catalogue, in the order of the player’s taste',
      description:
        'Titles, genres, tags and developers; beginnings of words count, and typing errors are forgiven. What the player owns is found too. ' +
        'The search is a signal: the next gallery has a row for it. Search as you type with `record=false`.',
      ...scoped('read'),
      request: {
        params: UserParams,
        query: z.object({
          ...slateQuery,
          ...contextQuery,
          q: text(QUERY_LENGTH_MAX).meta({ example: 'naval strategy' }),
          record: z.enum(['true', 'false']).default('true').meta({ description: 'Whether the search is a signal.' }),
        }),
      },
      responses: { 200: json(Recommendations, 'What was found; empty where nothing was.'), ...problems(400) },
    }),
    async (c) => {
      const { n, expand, q, record, ...context } = c.req.valid('query');
      const { userId } = c.req.valid('param');
      const from = toRecommendationRequest(c, context, userId);
      const searching = withDeadline(searchItems(c.env.DB, q, FOUND_MAX), from.budget.getWaitMs('cached'));
      const [hydrated, ids, recorded] = await Promise.all([
        hydrate(from).then((unidentified) => identifyByLog(from, unidentified)),
        settle('search', searching),
        settle('search-event', record === 'true' ? recordSearch(from, userId, q) : Promise.resolve()),
      ]);
      const failures = [ids, recorded].flatMap((result) => (result.ok ? [] : [result.error]));
      const { answer, input: moment } = addDegraded(hydrated, failures);
      countAnswer(from, 'search', answer);
      const found = rankFound(moment, q, ids.ok ? ids.value : []).slice(0, n);
      const items = found.map(({ itemId, score }) => ({
        itemId,
        score: Math.round(score * 1e6) / 1e6,
        reason: `Found for “${q}”`,
        ...(expand === 'item' && { item: moment.catalogue.get(itemId) }),
      }));
      return c.json({ ...answer, items }, 200);
    },
  );
}

/**
 * Waits for it to be stored, so that the next gallery shows it, but no longer than the answer may take. A search that cannot
 * be stored is answered all the same, and says so.
 */
async function recordSearch(
  { env, budget, waitUntil }: RecommendationRequest,
  userId: string,
  query: string,
): Promise<void> {
  const now = Date.now();
  const id = `search-${Math.floor(now / REPEAT_MS)}-${Buffer.from(query).toString('base64url').slice(0, 90)}`;
  const blank = {
    itemId: null,
    value: null,
    recommendationId: null,
    position: null,
    platform: null,
    country: null,
    locale: null,
  };
  const event = { id, userId, type: 'search' as const, query, timestamp: now, receivedAt: now, ...blank };
  const storing = storeEvents([event], openEventStore(env));
  waitUntil(storing.catch(() => {}));
  await withDeadline(storing, budget.getWaitMs('signals'));
}

function rankFound(moment: RankingInput, query: string, ids: readonly string[]): { itemId: string; score: number }[] {
  const filters = createOwnGameFilters(moment);
  const relevance = new Map(ids.map((itemId, rank) => [itemId, 1 - (0.5 * rank) / FOUND_MAX]));
  for (const { item, score } of searchByTrigrams(moment.catalogue, moment.popularity, query).slice(0, FOUND_MAX))
    if (!relevance.has(item.itemId)) relevance.set(item.itemId, LIKE_SCORE_MAX * Math.min(1, score));
  const taste = tasteOf(moment);
  return [...relevance]
    .flatMap(([itemId, score]) => {
      const item = moment.catalogue.get(itemId);
      const isShown = item !== undefined && findFilterReason(item, filters) === undefined;
      return isShown ? [{ itemId, score: score * (1 + TASTE_WEIGHT * taste(itemId)) }] : [];
    })
    .sort((a, b) => b.score - a.score || (a.itemId < b.itemId ? -1 : 1));
}

/** What the model scores for the player, the best at 1; for a newcomer what is popular. */
function tasteOf({ modelScores: personal, popularity }: RankingInput): (itemId: string) => number {
  if (personal === null) return (itemId) => popularity.get(itemId) ?? 0;
  const best = personal.scores.reduce((most, score) => Math.max(most, score), 0) || 1;
  const places = new Map(personal.itemIds.map((itemId, place) => [itemId, place]));
  return (itemId) => Math.max(0, (personal.scores[places.get(itemId) ?? -1] ?? 0) / best);
}
