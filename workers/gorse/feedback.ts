// gorse's feedback endpoints, over events. gorse has one row for each type, user and item; here each feedback is an
// event, and taking it back is another event.

import { z } from 'zod';
import { completeEvent, type EventType, type PlayerEvent } from '../../models/contracts/event.ts';
import type { Signals } from '../../models/contracts/signals.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from '../online/endpoint.ts';
import { ItemParams, UserParams } from '../online/parameters.ts';
import { orUnavailable, ProblemError } from '../online/problems.ts';
import { type EventStore, openEventStore, storeEvents } from '../online/store-events.ts';
import { FeedbackType, GorseFeedback, listNotKept, nameEvent, toEvent, toGorseFeedback } from './feedback-shape.ts';
import { type Feedback, feedbackKey, findRetraction, listFeedback } from './player-feedback.ts';
import { describeWrite, Success } from './shapes.ts';

const FEEDBACK_PER_REQUEST_MAX = 500;
const FEEDBACK_BODY_BYTES_MAX = 512 * 1024;
const FeedbackBody = z.array(GorseFeedback).max(FEEDBACK_PER_REQUEST_MAX);
const TypeParams = z.object({ feedbackType: FeedbackType });
const PairParams = UserParams.extend(ItemParams.shape);
type PairParams = z.output<typeof PairParams>;

interface FeedbackStore extends EventStore {
  /** Includes events that only the log has, such as imported ones. Rejects if the log cannot be read. */
  readSignals(userId: string): Promise<Signals>;
}

const openFeedbackStore = (c: AppContext): FeedbackStore => ({
  ...openEventStore(c),
  readSignals: (userId) => c.env.USER_SIGNALS.getByName(userId).readSignals(userId),
});

type SignalReader = Pick<FeedbackStore, 'readSignals'>;

const readFeedback = async (userId: string, store: SignalReader): Promise<Feedback[]> =>
  listFeedback(await orUnavailable(store.readSignals(userId)));

/** All or none, as in gorse: one invalid feedback entry refuses the request. */
async function insertFeedback(
  body: readonly GorseFeedback[],
  store: FeedbackStore,
  select: (events: readonly PlayerEvent[]) => Promise<readonly PlayerEvent[]>,
): Promise<Success> {
  const now = Date.now();
  const events = await Promise.all(body.map((feedback, index) => toEvent(feedback, now, [index])));
  const { added } = await storeEvents(await select(events), store);
  return describeWrite(added.size, body.flatMap(listNotKept));
}

/** Events of a type and item for which their player has no current feedback; only the first of each. */
async function selectMissing(events: readonly PlayerEvent[], store: SignalReader): Promise<PlayerEvent[]> {
  const byUser = Map.groupBy(events, ({ userId }) => userId);
  const missing = await Promise.all(
    Array.from(byUser, async ([userId, own]) => {
      const known = new Set((await readFeedback(userId, store)).map(feedbackKey));
      return own.filter(({ type, itemId }) => {
        const key = feedbackKey({ type, itemId: itemId! });
        return !known.has(key) && known.add(key);
      });
    }),
  );
  return missing.flat();
}

/** Takes back what can be taken back; `NotDeleted` names the types of the rest. */
export async function deleteFeedback(
  { params: { userId, itemId, feedbackType } }: { params: PairParams & { feedbackType?: EventType } },
  store: FeedbackStore,
): Promise<Success & { NotDeleted?: EventType[] }> {
  const own = (await readFeedback(userId, store)).filter(
    (one) => one.itemId === itemId && (feedbackType === undefined || one.type === feedbackType),
  );
  const retractions = await Promise.all(own.map((one) => toRetraction(userId, one, Date.now())));
  const { added } = await storeEvents(
    retractions.filter((event) => event !== undefined),
    store,
  );
  const lasting = own.map((one) => one.type).filter((one) => findRetraction(one) === undefined);
  return { ...describeWrite(added.size), ...(lasting.length > 0 && { NotDeleted: lasting }) };
}

/** Undefined if no event type takes the type back. */
async function toRetraction(userId: string, of: Feedback, now: number): Promise<PlayerEvent | undefined> {
  const type = findRetraction(of.type);
  if (type === undefined) return undefined;
  // The feedback may be ahead of our clock.
  const timestamp = Math.max(now, of.timestamp + 1);
  const id = await nameEvent(type, of.itemId, timestamp);
  return completeEvent({ id, userId, type, itemId: of.itemId, timestamp, receivedAt: now });
}

export const listUserFeedback = async (
  { params: { userId, feedbackType } }: { params: UserParams & { feedbackType?: EventType } },
  store: SignalReader,
) =>
  (await readFeedback(userId, store))
    .filter(({ type }) => feedbackType === undefined || type === feedbackType)
    .map((one) => toGorseFeedback(userId, one));

export const listItemFeedback = async ({ params: { userId, itemId } }: { params: PairParams }, store: SignalReader) =>
  (await readFeedback(userId, store)).filter((one) => one.itemId === itemId).map((one) => toGorseFeedback(userId, one));

export async function getFeedback(
  { params: { userId, itemId, feedbackType } }: { params: PairParams & { feedbackType: EventType } },
  store: SignalReader,
) {
  const own = await readFeedback(userId, store);
  const found = own.find((one) => one.itemId === itemId && one.type === feedbackType);
  if (found === undefined)
    throw new ProblemError('not-found', `“${userId}” has given no such feedback for “${itemId}”.`);
  return toGorseFeedback(userId, found);
}

const tag = 'Feedback';
const body = { schema: FeedbackBody, maxBytes: FEEDBACK_BODY_BYTES_MAX };
const success = { schema: Success, description: 'The number of rows changed, and the fields that are not kept.' };

const WRITES: Endpoint<FeedbackStore>[] = [
  defineEndpoint({
    method: 'post',
    path: '/api/feedback',
    tag,
    summary: 'Send feedback that is new',
    scope: 'ingest',
    body,
    answer: success,
    handle: (input, store) => insertFeedback(input.body, store, (events) => selectMissing(events, store)),
  }),
  defineEndpoint({
    method: 'put',
    path: '/api/feedback',
    tag,
    summary: 'Send feedback',
    scope: 'ingest',
    body,
    answer: success,
    handle: (input, store) => insertFeedback(input.body, store, async (events) => events),
  }),
  defineEndpoint({
    method: 'delete',
    path: '/api/feedback/{userId}/{itemId}',
    tag,
    summary: 'Take back a user’s feedback for an item',
    scope: 'ingest',
    params: PairParams,
    answer: { description: 'The number of rows changed, and the types that cannot be taken back.' },
    handle: deleteFeedback,
  }),
  defineEndpoint({
    method: 'delete',
    path: '/api/feedback/{feedbackType}/{userId}/{itemId}',
    tag,
    summary: 'Take back a user’s feedback of a type for an item',
    scope: 'ingest',
    params: PairParams.extend(TypeParams.shape),
    answer: { description: 'The number of rows changed, and the types that cannot be taken back.' },
    handle: deleteFeedback,
  }),
];

const READS: Endpoint<FeedbackStore>[] = [
  defineEndpoint({
    method: 'get',
    path: '/api/user/{userId}/feedback',
    tag,
    summary: 'List a user’s feedback',
    scope: 'read',
    params: UserParams,
    answer: { description: 'Newest first.' },
    handle: listUserFeedback,
  }),
  defineEndpoint({
    method: 'get',
    path: '/api/user/{userId}/feedback/{feedbackType}',
    tag,
    summary: 'List a user’s feedback of a type',
    scope: 'read',
    params: UserParams.extend(TypeParams.shape),
    answer: { description: 'Newest first.' },
    handle: listUserFeedback,
  }),
  defineEndpoint({
    method: 'get',
    path: '/api/feedback/{userId}/{itemId}',
    tag,
    summary: 'List a user’s feedback for an item',
    scope: 'read',
    params: PairParams,
    answer: { description: 'Newest first.' },
    handle: listItemFeedback,
  }),
  defineEndpoint({
    method: 'get',
    path: '/api/feedback/{feedbackType}/{userId}/{itemId}',
    tag,
    summary: 'Read a user’s feedback of a type for an item',
    scope: 'read',
    params: PairParams.extend(TypeParams.shape),
    answer: { description: 'The feedback.' },
    handle: getFeedback,
  }),
];

export const routeFeedback = (app: App): void => registerEndpoints(app, [...WRITES, ...READS], openFeedbackStore);
