// gorse's recommendation endpoints: for a user, and for a session whose feedback is not stored.

import { z } from 'zod';
import type { PlayerEvent } from '../../models/contracts/event.ts';
import { SLATE_LENGTH_MAX } from '../../models/contracts/gallery.ts';
import { EMPTY_PREFERENCES } from '../../models/contracts/preferences.ts';
import { emptySignals, foldEvents } from '../../models/features/signals.ts';
import { deriveUserState } from '../../models/features/user-state.ts';
import { authorize, type Caller } from '../online/caller.ts';
import { contextQuery } from '../online/context.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from '../online/endpoint.ts';
import { Genre, UserParams } from '../online/parameters.ts';
import { invalidInput } from '../online/problems.ts';
import { getRecommendations } from '../online/recommendations.ts';
import { openRecommender, type Recommender } from '../online/recommender.ts';
import { type EventStore, openEventStore, storeEvents } from '../online/store-events.ts';
import { FeedbackType, GorseFeedback, toEvent } from './feedback-shape.ts';
import { length, Offset } from './shapes.ts';
import { parseWriteBackDelay } from './write-back-delay.ts';

const SESSION_BODY_BYTES_MAX = 192 * 1024;
const SESSION_FEEDBACK_MAX = 100;
/** Stands in for the user of a session; it is never stored. */
const SESSION_USER = 'session';

const rangeQuery = { n: length(SLATE_LENGTH_MAX), offset: Offset, ...contextQuery };
const RecommendQuery = z.object({
  ...rangeQuery,
  category: Genre,
  'write-back-type': FeedbackType.optional(),
  'write-back-delay': z.string().max(32).optional(),
});
type RecommendQuery = z.output<typeof RecommendQuery>;
const SessionBody = z.array(GorseFeedback.extend({ UserId: z.string().optional() })).max(SESSION_FEEDBACK_MAX);
const SessionQuery = z.object(rangeQuery);
const CategoryParams = z.object({ category: Genre });
type CategoryParams = z.output<typeof CategoryParams>;
const RecommendParams = UserParams.extend(CategoryParams.shape);
type RecommendParams = z.output<typeof RecommendParams>;

interface Shown {
  userId: string;
  recommendationId: string;
  itemIds: readonly string[];
}

interface Recommending extends Recommender {
  storeEvents(events: readonly PlayerEvent[]): Promise<unknown>;
}

function openRecommending(c: AppContext): Recommending {
  const store: EventStore = openEventStore(c);
  return { ...openRecommender(c), storeEvents: (events) => storeEvents(events, store) };
}

type RecommendingStore = Pick<Recommending, 'readRequest' | 'answerRecommendations' | 'recordAnswer' | 'storeEvents'>;

/** A category in the path overrides the query's. Writing back needs a key that may write. */
export async function recommendForUser(
  { params, query, caller }: { params: RecommendParams; query: RecommendQuery; caller: Caller },
  recommending: RecommendingStore,
): Promise<string[]> {
  const { userId } = params;
  const { n, offset, category, 'write-back-type': type, 'write-back-delay': delay, ...context } = query;
  if (type !== undefined && caller.kind !== 'anyone') authorize(caller, { scopes: ['ingest'], isOpenToPlayers: false });
  const delayMs = parseWriteBack(type, delay);
  const { recommendationId, items } = await getRecommendations(
    {
      params: { userId },
      query: { ...context, n, offset, genre: params.category ?? category },
      caller,
    },
    recommending,
  );
  const itemIds = items.map(({ itemId }) => itemId);
  if (delayMs !== undefined) await writeBack({ userId, recommendationId, itemIds }, delayMs, offset, recommending);
  return itemIds;
}

/** Returns the delay in milliseconds; undefined if nothing is written back. Shown items count as impressions only. */
function parseWriteBack(type: RecommendQuery['write-back-type'], delay: string | undefined): number | undefined {
  if (type === undefined) return undefined;
  if (type !== 'view' && type !== 'impression')
    throw invalidInput([
      {
        path: ['write-back-type'],
        message: 'must be read, view or impression: a shown item is recorded as an impression',
      },
    ]);
  return delay === undefined || delay === '' ? 0 : parseWriteBackDelay(delay);
}

async function writeBack(
  { userId, recommendationId, itemIds }: Shown,
  delayMs: number,
  firstPosition: number,
  recommending: Pick<Recommending, 'storeEvents'>,
): Promise<void> {
  const now = Date.now();
  const events = itemIds.map(
    (itemId, index): PlayerEvent => ({
      // Not named after the answer: a stored gallery answers again and again under one id, each time with impressions.
      id: crypto.randomUUID(),
      userId,
      type: 'impression',
      itemId,
      value: null,
      query: null,
      timestamp: now + delayMs,
      receivedAt: now,
      recommendationId,
      position: firstPosition + index,
      platform: null,
      country: null,
      locale: null,
    }),
  );
  await recommending.storeEvents(events);
}

/** Ranks for signals folded from the session's feedback alone. */
export async function recommendForSession(
  {
    params: { category },
    query: { n, offset, ...context },
    body: feedback,
  }: { params: CategoryParams; query: z.output<typeof SessionQuery>; body: z.output<typeof SessionBody> },
  recommending: Pick<Recommending, 'readRequest' | 'answerRecommendations' | 'recordAnswer'>,
): Promise<{ Id: string; Score: number }[]> {
  const now = Date.now();
  const events = await Promise.all(
    feedback.map((one, index) => toEvent({ ...one, UserId: SESSION_USER }, now, [index])),
  );
  const user = deriveUserState(foldEvents(emptySignals(), events).signals, EMPTY_PREFERENCES, now);
  const selection = { genre: category, exclude: feedback.map(({ ItemId }) => ItemId), offset };
  const { answer, items } = await recommending.answerRecommendations(
    { ...recommending.readRequest(context), user },
    n,
    selection,
  );
  recommending.recordAnswer('recommendations', { answer, isEmpty: items.length === 0 });
  return items.map(({ itemId, score }) => ({ Id: itemId, Score: score }));
}

const tag = 'Recommendations';

const defineRecommend = (path: string) =>
  defineEndpoint({
    method: 'get',
    path,
    tag,
    summary: 'Get recommendations for a user',
    scope: 'read',
    params: RecommendParams,
    query: RecommendQuery,
    answer: { description: 'Item ids, best first.' },
    handle: recommendForUser,
  });

const defineSession = (path: string) =>
  defineEndpoint({
    method: 'post',
    path,
    tag,
    summary: 'Get recommendations for a session',
    scope: 'read',
    params: CategoryParams,
    query: SessionQuery,
    body: { schema: SessionBody, maxBytes: SESSION_BODY_BYTES_MAX },
    answer: { description: 'Item ids with scores, best first.' },
    handle: recommendForSession,
  });

const ENDPOINTS: Endpoint<Recommending>[] = [
  defineRecommend('/api/recommend/{userId}'),
  defineRecommend('/api/recommend/{userId}/{category}'),
  defineSession('/api/session/recommend'),
  defineSession('/api/session/recommend/{category}'),
];

export const routeRecommend = (app: App): void => registerEndpoints(app, ENDPOINTS, openRecommending);
