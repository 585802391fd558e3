// The endpoint that receives events. An event is acknowledged once the player's object has it: it can no longer be
// lost, and the player's next request sees it.

import { z } from '@hono/zod-openapi';
import {
  EVENTS_BODY_BYTES_MAX,
  EVENTS_PER_REQUEST_MAX,
  EventInput,
  EventResult,
  PlayerEvent,
  parseEvent,
} from '../../models/contracts/event.ts';
import type { Result } from '../../models/contracts/result.ts';
import { OTHER_LABEL } from '../../models/contracts/system-metrics.ts';
import { count } from '../storage/isolate-counts.ts';
import type { Caller } from './caller.ts';
import { type App, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import { ProblemError } from './problems.ts';
import { type EventStore, eventKey, openEventStore, storeEvents } from './store-events.ts';

// One invalid event must not refuse the others: the list accepts any value, and each is validated on its own.
export const EventsBody = z.object({ events: z.array(z.unknown()).min(1).max(EVENTS_PER_REQUEST_MAX) });
export const DocumentedBody = z.object({ events: z.array(EventInput).min(1).max(EVENTS_PER_REQUEST_MAX) });
export const EventsAnswer = z.object({ results: z.array(EventResult) });
const MERGED = 'userId: is a guest who has become a player; send it with that player’s token';
const EVENT_FIELDS: ReadonlySet<string> = new Set([...Object.keys(PlayerEvent.shape), 'context']);
type ParsedEvent = Result<PlayerEvent, string>;

export async function postEvents(
  { body: { events: inputs }, caller }: { body: z.output<typeof EventsBody>; caller: Caller },
  store: EventStore,
): Promise<z.output<typeof EventsAnswer>> {
  refuseForeign(inputs, caller);
  const parsed = parseInputs(inputs, caller);
  return { results: await storeInputs(inputs, parsed, store) };
}

/** Throws `forbidden` if a request with a token has an event of another player. */
export function refuseForeign(inputs: readonly unknown[], caller: Caller): void {
  if (caller.kind !== 'player') return;
  const isForeign = (input: unknown) =>
    ((input as { userId?: unknown } | null)?.userId ?? caller.userId) !== caller.userId;
  if (inputs.some(isForeign))
    throw new ProblemError('forbidden', 'A token may only send events of its own player; none was stored.');
}

/** Validates each event. `owner`: the player whose events they must be, if the path names one. */
export function parseInputs(inputs: readonly unknown[], caller: Caller, owner?: string): ParsedEvent[] {
  const now = Date.now();
  const isFromPlayer = caller.kind === 'player';
  const userId = isFromPlayer ? caller.userId : owner;
  // Events without a timestamp happened in the order of the list.
  return inputs.map((input, index) =>
    parseEvent(input, now, { timestamp: now - (inputs.length - 1 - index), userId, isFromPlayer }),
  );
}

export const listValid = (parsed: readonly ParsedEvent[]): PlayerEvent[] =>
  parsed.flatMap((result) => (result.ok ? [result.value] : []));

/** Stores the valid events. Throws `unavailable` if a player's object fails. */
export async function storeInputs(
  inputs: readonly unknown[],
  parsed: readonly ParsedEvent[],
  store: EventStore,
): Promise<EventResult[]> {
  const { added, refused } = await storeEvents(listValid(parsed), store);
  return parsed.map((result, index): EventResult => {
    if (!result.ok) return reject(readId(inputs[index]), result.error);
    if (refused.has(eventKey(result.value))) return reject(result.value.id, MERGED);
    // Of two events with the same id, the first counts as new.
    return { id: result.value.id, status: added.delete(eventKey(result.value)) ? 'accepted' : 'duplicate' };
  });
}

function reject(id: string, reason: string): EventResult {
  const field = /^\w+/.exec(reason)?.[0];
  count('events-rejected', { field: field !== undefined && EVENT_FIELDS.has(field) ? field : OTHER_LABEL });
  return { id, status: 'rejected', reason };
}

const readId = (input: unknown): string => {
  const id = (input as { id?: unknown } | null)?.id;
  return typeof id === 'string' ? id.slice(0, 128) : '';
};

const ENDPOINTS: Endpoint<EventStore>[] = [
  defineEndpoint({
    method: 'post',
    path: '/v1/events',
    operationId: 'postEvents',
    tag: 'Events',
    summary: 'Send events',
    description:
      'Each event is validated on its own: an invalid one is `rejected` with field and reason, the others are ' +
      'stored. An event for an item that is not in the catalogue is stored and has no effect. On a problem, or ' +
      'without an answer, send the same events again: their ids keep them from being counted twice. With a token, ' +
      '`userId` is optional; for an hour after a merge, the guest’s token may send events from before the ' +
      'merge.',
    scope: 'ingest',
    isOpenToPlayers: true,
    body: { schema: EventsBody, maxBytes: EVENTS_BODY_BYTES_MAX, documented: DocumentedBody },
    answer: { status: 202, schema: EventsAnswer, description: 'One result per event, in the same order.' },
    problems: [503],
    handle: postEvents,
  }),
];

export const routeEvents = (app: App): void => registerEndpoints(app, ENDPOINTS, openEventStore);
