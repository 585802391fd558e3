// The endpoint that records a player's events and answers with the gallery that follows from them: one request instead
// of two, and one call to the player's object.

import { z } from '@hono/zod-openapi';
import type { RequestContext } from '../../models/contracts/context.ts';
import { EVENTS_BODY_BYTES_MAX, type PlayerEvent, type RecordedEvents } from '../../models/contracts/event.ts';
import { Gallery } from '../../models/contracts/gallery.ts';
import type { UserStateRead } from '../serving/read-signals.ts';
import type { Caller } from './caller.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import {
  DocumentedBody,
  EventsAnswer,
  EventsBody,
  listValid,
  parseInputs,
  refuseForeign,
  storeInputs,
} from './events.ts';
import { UserParams } from './parameters.ts';
import { type GalleryRecommender, galleryQuery, serveGallery } from './recommendations.ts';
import { openRecommender } from './recommender.ts';
import { type EventStore, isFromPlayer, openEventStore } from './store-events.ts';

const GalleryQuery = z.object(galleryQuery);
const GalleryAfterEvents = EventsAnswer.extend({ gallery: Gallery });

export interface RecordingRecommender extends GalleryRecommender, Omit<EventStore, 'recordEvents'> {
  /** Records the player's events and reads the resulting state. */
  recordAndRead(
    userId: string,
    events: PlayerEvent[],
    context: RequestContext,
  ): Promise<UserStateRead & { recorded: RecordedEvents }>;
}

/** Throws `unavailable` if the player's object fails; the gallery is then not answered either. */
export async function postGallery(
  {
    params: { userId },
    query,
    body: { events: inputs },
    caller,
  }: {
    params: UserParams;
    query: z.output<typeof GalleryQuery>;
    body: z.output<typeof EventsBody>;
    caller: Caller;
  },
  recommender: RecordingRecommender,
): Promise<z.output<typeof GalleryAfterEvents>> {
  refuseForeign(inputs, caller);
  const parsed = parseInputs(inputs, caller, userId);
  const request = recommender.readRequest(query, userId);
  const { promise: reading, resolve, reject } = Promise.withResolvers<UserStateRead>();
  const storing = storeInputs(inputs, parsed, {
    ...recommender,
    async recordEvents(_, events) {
      const { recorded, ...read } = await recommender.recordAndRead(userId, events, request.context);
      resolve(read);
      return recorded;
    },
  });
  storing.catch(reject);
  // The gallery does not wait for the queue, and keeps its deadline if the object is slow.
  const recorded = listValid(parsed).length > 0 ? { ...request, reading } : request;
  const [results, gallery] = await Promise.all([storing, serveGallery(recorded, query, recommender)]);
  return { results, gallery };
}

function openRecordingRecommender(c: AppContext): RecordingRecommender {
  return {
    ...openRecommender(c),
    ...openEventStore(c),
    recordAndRead: (userId, events, context) =>
      c.env.USER_SIGNALS.getByName(userId).recordAndRead(events, userId, context, isFromPlayer(c)),
  };
}

const ENDPOINTS: Endpoint<RecordingRecommender>[] = [
  defineEndpoint({
    method: 'post',
    path: '/v1/users/{userId}/gallery',
    operationId: 'postGallery',
    tag: 'Recommendations',
    summary: 'Send a player’s events and get the page that follows from them',
    description:
      'As `POST /v1/events` and then `GET /v1/users/{userId}/gallery`, in one request: an accepted event is in the ' +
      'gallery. An event’s `userId` is optional. An event of another player is `rejected`; with a token, it refuses ' +
      'the whole request. A key needs both scopes. After a problem, or without an answer, send the same events again.',
    scope: ['ingest', 'read'],
    isOpenToPlayers: true,
    params: UserParams,
    query: GalleryQuery,
    body: { schema: EventsBody, maxBytes: EVENTS_BODY_BYTES_MAX, documented: DocumentedBody },
    answer: { schema: GalleryAfterEvents, description: 'One result per event, in the same order, and the gallery.' },
    problems: [503],
    handle: postGallery,
  }),
];

export const routeGalleryAfterEvents = (app: App): void => registerEndpoints(app, ENDPOINTS, openRecordingRecommender);
