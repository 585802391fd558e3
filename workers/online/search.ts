// The endpoint that searches by text: full text in D1, similar words in the isolate's memory, ordered for the player.
// A recorded search is a signal: the next gallery reflects it.

import { z } from '@hono/zod-openapi';
import { completeEvent, type PlayerEvent, QUERY_LENGTH_MAX } from '../../models/contracts/event.ts';
import { Recommendations } from '../../models/contracts/gallery.ts';
import { text } from '../../models/contracts/text.ts';
import { FOUND_MAX, rankFound } from '../recommending/rank-found.ts';
import { explainShort } from '../recommending/short.ts';
import { settle } from '../serving/degradation.ts';
import { addDegraded } from '../serving/hydrate.ts';
import { withDeadline } from '../storage/deadline.ts';
import { searchItems } from '../storage/search.ts';
import { type Caller, hasScope } from './caller.ts';
import { contextQuery } from './context.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import { expandItems } from './expand-items.ts';
import { slateQuery, UserParams } from './parameters.ts';
import { ProblemError } from './problems.ts';
import { openRecommender, type Recommender } from './recommender.ts';
import { openEventStore, storeEvents } from './store-events.ts';

/** A search repeated within this time, such as by reloading a page, is recorded once. */
const REPEAT_MS = 60_000;

export const SearchQuery = z.object({
  ...slateQuery,
  ...contextQuery,
  q: text(QUERY_LENGTH_MAX).meta({ example: 'naval strategy' }),
  record: z
    .enum(['true', 'false'])
    .optional()
    .meta({
      description:
        'Records the search as a signal. By default `true` with a player’s token and `false` with a key. With a key, ' +
        '`true` needs the scope `ingest`.',
    }),
});

export interface Searcher extends Pick<Recommender, 'readRequest' | 'hydrateIdentified' | 'recordAnswer'> {
  /** Ids of items with every word of the query, best first. */
  searchItems(query: string, limit: number): Promise<string[]>;
  /** Continues after the answer if the caller does not wait. */
  storeEvent(event: PlayerEvent): Promise<unknown>;
}

function openSearcher(c: AppContext): Searcher {
  const { env, executionCtx } = c;
  return {
    ...openRecommender(c),
    searchItems: (query, limit) => searchItems(env.DB, query, limit),
    storeEvent: (event) => {
      const stored = storeEvents([event], openEventStore(c));
      executionCtx.waitUntil(stored.catch(() => {}));
      return stored;
    },
  };
}

export async function getSearch(
  { params: { userId }, query, caller }: { params: UserParams; query: z.output<typeof SearchQuery>; caller: Caller },
  searcher: Searcher,
): Promise<Recommendations> {
  const { n, expand, q, record, ...context } = query;
  const request = searcher.readRequest(context, userId);
  const { budget } = request;
  const [hydrated, itemIds, recorded] = await Promise.all([
    searcher.hydrateIdentified(request),
    settle('search', withDeadline(searcher.searchItems(q, FOUND_MAX), budget.getWaitMs('cached'))),
    // A search that cannot be recorded in time is still answered, and the answer says so.
    isRecorded(caller, record)
      ? settle(
          'search-event',
          withDeadline(searcher.storeEvent(createSearchEvent(userId, q)), budget.getWaitMs('signals')),
        )
      : undefined,
  ]);
  const failures = [itemIds, recorded].flatMap((result) => (result === undefined || result.ok ? [] : [result.error]));
  const { kept, removed } = rankFound(hydrated.input, q, itemIds.ok ? itemIds.value : []);
  const { answer, input } = addDegraded(hydrated, [...failures, ...explainShort(kept.length, n, removed)]);
  searcher.recordAnswer('search', { answer, isEmpty: kept.length === 0 });
  const items = kept
    .slice(0, n)
    .map(({ itemId, score }) => ({ itemId, score: Math.round(score * 1e6) / 1e6, reason: `Found for “${q}”` }));
  return { ...answer, items: expandItems(items, input.catalogue, expand) };
}

/** Throws `forbidden` if a key without the scope `ingest` is to record the search. */
function isRecorded(caller: Caller, record: 'true' | 'false' | undefined): boolean {
  if (caller.kind !== 'key') return record !== 'false';
  if (record === 'true' && !hasScope(caller, 'ingest'))
    throw new ProblemError('forbidden', 'Recording a search needs a key with the scope “ingest”.');
  return record === 'true';
}

function createSearchEvent(userId: string, query: string): PlayerEvent {
  const now = Date.now();
  return completeEvent({
    id: `search-${Math.floor(now / REPEAT_MS)}-${Buffer.from(query).toString('base64url').slice(0, 90)}`,
    userId,
    type: 'search',
    query,
    timestamp: now,
    receivedAt: now,
  });
}

const ENDPOINTS: Endpoint<Searcher>[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/users/{userId}/search',
    operationId: 'getSearch',
    tag: 'Recommendations',
    summary: 'Search the catalogue for a player',
    description:
      'Finds titles, genres, tags and developers by words and beginnings of words; forgives typing errors; orders by ' +
      'relevance and by the player’s preference. Owned items are found too. A recorded search is a signal: the next ' +
      'gallery has a row for it. For search as you type, send `record=false`.',
    scope: 'read',
    isOpenToPlayers: true,
    params: UserParams,
    query: SearchQuery,
    answer: { schema: Recommendations, description: 'The items found; empty if there are none.' },
    handle: getSearch,
  }),
];

export const routeSearch = (app: App): void => registerEndpoints(app, ENDPOINTS, openSearcher);
