// Takes events in. An event is acknowledged once it is in the player's object and in the queue: from then on it cannot
// be lost, and the player's next request sees it.

import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import {
  EVENTS_BODY_BYTES_MAX,
  EVENTS_PER_REQUEST_MAX,
  EventInput,
  EventResult,
  type PlayerEvent,
  parseEvent,
} from '../../models/contracts/event.ts';
import { toSignalEvent } from '../../models/features/signals.ts';
import { requireScope } from './auth.ts';
import { ProblemError } from './problems.ts';
import { json, jsonBody, parseBody, problems, readJson, scoped } from './routing.ts';

/** A queue message holds 128 KB; an event of the longest fields, three bytes a character, stays below 3 KB. */
const EVENTS_PER_MESSAGE = 40;

const Envelope = z.object({ events: z.array(z.unknown()).min(1).max(EVENTS_PER_REQUEST_MAX) });

export function routeEvents(app: OpenAPIHono<{ Bindings: Env }>): void {
  const route = createRoute({
    method: 'post',
    path: '/v1/events',
    tags: ['Events'],
    summary: 'Tell what players did',
    description:
      'Each event is judged by itself: one that is not valid is `rejected` with the field and the reason, and the others ' +
      'are taken. An event for an item that the catalogue does not know is kept and recommends nothing. Where the answer ' +
      'is a problem, or none came, send the same events again: their ids keep them from being counted twice.',
    ...scoped('ingest'),
    request: {
      body: jsonBody(z.object({ events: z.array(EventInput).min(1).max(EVENTS_PER_REQUEST_MAX) })),
    },
    responses: {
      202: json(z.object({ results: z.array(EventResult) }), 'A result per event, in order.'),
      ...problems(400, 413, 415, 503),
    },
  });

  // Registered for the document, handled by hand: the middleware would refuse the whole request for one bad event.
  app.openAPIRegistry.registerPath(route);
  app.post(route.path, requireScope('ingest'), async (c) => {
    const { events: inputs } = parseBody(Envelope, await readJson(c.req.raw, EVENTS_BODY_BYTES_MAX));
    const now = Date.now();
    // Events without a time happened in the order in which they stand.
    const parsed = inputs.map((input, place) => parseEvent(input, now, now - (inputs.length - 1 - place)));
    const events = parsed.flatMap((result) => (result.ok ? [result.value] : []));
    const added = await storeEvents(c.env, events);

    const results = parsed.map((result, place): EventResult => {
      if (!result.ok) return { id: readId(inputs[place]), status: 'rejected', reason: result.error };
      // The first of two events with one id is the new one.
      return { id: result.value.id, status: added.delete(eventKey(result.value)) ? 'accepted' : 'duplicate' };
    });
    return c.json({ results }, 202);
  });
}

const eventKey = ({ userId, id }: PlayerEvent): string => `${userId}\n${id}`;

const readId = (input: unknown): string => {
  const id = (input as { id?: unknown } | null)?.id;
  return typeof id === 'string' ? id.slice(0, 128) : '';
};

/**
 * Stores events in the players' objects and in the queue; returns the keys of those that were new. Events that an
 * object has seen are queued all the same: the request that brought them first may have died before the queue had them,
 * and the log takes each only once.
 */
export async function storeEvents(env: Env, events: readonly PlayerEvent[]): Promise<Set<string>> {
  const byUser = Map.groupBy(events, ({ userId }) => userId);
  try {
    const [added] = await Promise.all([
      Promise.all([...byUser].map(([userId, own]) => recordEvents(env, userId, own))),
      queueEvents(env, events),
    ]);
    return new Set(added.flat());
  } catch (error) {
    console.error(JSON.stringify({ alert: 'events not acknowledged', events: events.length, error: String(error) }));
    throw new ProblemError('unavailable', 'Send the same events again: none is counted twice.');
  }
}

async function recordEvents(env: Env, userId: string, events: readonly PlayerEvent[]): Promise<string[]> {
  const record = () => env.USER_SIGNALS.getByName(userId).record(events.map(toSignalEvent));
  const ids = await record().catch((error: Error & { retryable?: boolean; overloaded?: boolean }) => {
    // An object that is moving can be asked again; one that is overloaded must not.
    if (error.retryable && !error.overloaded) return record();
    throw error;
  });
  return ids.map((id) => `${userId}\n${id}`);
}

async function queueEvents(env: Env, events: readonly PlayerEvent[]): Promise<void> {
  const messages = [];
  for (let from = 0; from < events.length; from += EVENTS_PER_MESSAGE)
    messages.push({ body: events.slice(from, from + EVENTS_PER_MESSAGE) });
  if (messages.length > 0) await env.EVENTS.sendBatch(messages);
}
