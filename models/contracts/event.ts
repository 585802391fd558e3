// The event: something a player did, as a client sends it and as it is stored. Folding and storage are elsewhere.

import { z } from 'zod';
import { Id } from './id.ts';
import { parseBody } from './parse-body.ts';
import { fail, ok, type Result } from './result.ts';
import { text } from './text.ts';
import { UserId } from './user-id.ts';

export const EVENT_TYPES = [
  'impression',
  'view',
  'click',
  'search',
  'like',
  'dislike',
  'rate',
  'play',
  'wishlist',
  'purchase',
  'dismiss',
  'unlike',
  'undismiss',
  'refund',
  'unwishlist',
  'reset',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** Retractions: each takes back every earlier event of another type, by the same player for the same item. */
export const RETRACTIONS: Partial<Record<EventType, EventType>> = {
  unlike: 'like',
  undismiss: 'dismiss',
  refund: 'purchase',
  unwishlist: 'wishlist',
};
/**
 * The earlier events that a `reset` keeps: a game that was bought stays owned, so that it is not recommended again, but
 * says nothing about the player's taste.
 */
export const KEPT_BY_RESET: readonly EventType[] = ['purchase', 'refund'];

export const EVENTS_PER_REQUEST_MAX = 100;
/** Below the limit of a queue batch (256 KB), because the server adds fields. */
export const EVENTS_BODY_BYTES_MAX = 192 * 1024;
export const QUERY_LENGTH_MAX = 200;
const STORED_ID_LENGTH_MAX = 512;
/** A client's clock may run ahead by this much. */
export const CLOCK_SKEW_MS = 5 * 60 * 1000;
/** No game store is older: an earlier timestamp is epoch seconds, or an unset clock. */
export const TIMESTAMP_MIN = Date.UTC(2000, 0, 1);
/**
 * A player's token may date an event back by this much, for events kept offline. Each day has its own
 * `COUNTED_GAMES_PER_DAY`, so this bounds how many games one player can lift.
 */
export const BACKDATED_DAYS_MAX = 30;
const DAY_MS = 86_400_000;

export const RATING_MIN = 0.5;
export const RATING_MAX = 5;
export const VALUE_MAX = 1e9;

/** The meaning of `value` by type; for other types it is stored and ignored. */
export const VALUE_MEANING: Partial<Record<EventType, string>> = {
  rate: `the rating, ${RATING_MIN}–${RATING_MAX}; required`,
  play: 'minutes played, 0 or more',
  view: 'seconds viewed, 0 or more',
  purchase: 'price paid in the store’s currency, 0 or more',
};

export const EventContext = z
  .object({
    platform: text(32).optional().meta({ example: 'windows' }),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 alpha-2 code')
      .optional()
      .meta({ example: 'CH' }),
    locale: text(35).optional().meta({ description: 'BCP 47 tag', example: 'de-CH' }),
  })
  .meta({ id: 'EventContext' });

const Timestamp = z
  .union([z.number().int(), z.iso.datetime({ offset: true })])
  .transform((value) => (typeof value === 'number' ? value : Date.parse(value)));

/** One event as a client sends it. Unknown fields are dropped. */
export const EventInput = z
  .object({
    id: Id.meta({
      description: 'Idempotency key, unique per user: an id that is sent again is not counted again.',
      example: 'click-1',
    }),
    userId: UserId.optional().meta({
      description: 'Required with a key, unless the path names the player. Optional with a token.',
      example: 'player-0001',
    }),
    type: z.enum(EVENT_TYPES).meta({
      description:
        `${Object.entries(RETRACTIONS)
          .map(([retraction, type]) => `\`${retraction}\` takes back each earlier \`${type}\` of the item`)
          .join(', ')}, by the same player. \`reset\` forgets everything that the player did before, except which ` +
        'games were bought; preferences stay.',
      example: 'click',
    }),
    itemId: Id.optional().meta({
      description: 'Required for every type except search and reset.',
      example: 'wynmere',
    }),
    value: z
      .number()
      .min(-VALUE_MAX)
      .max(VALUE_MAX)
      .optional()
      .meta({
        description: Object.entries(VALUE_MEANING)
          .map(([type, meaning]) => `${type}: ${meaning}`)
          .join('. '),
      }),
    query: text(QUERY_LENGTH_MAX).optional().meta({ description: 'Required for search.' }),
    timestamp: Timestamp.optional().meta({
      description:
        'ISO 8601 with offset, or epoch milliseconds; by default the server’s time. At most 5 minutes ahead; with a ' +
        `player’s token at most ${BACKDATED_DAYS_MAX} days ago. Send it, so that a repeated event is the same in ` +
        'every field.',
    }),
    recommendationId: Id.optional().meta({ description: 'The answer that the event reacts to.' }),
    position: z
      .number()
      .int()
      .min(0)
      .max(10_000)
      .optional()
      .meta({ description: 'Position in that answer, counted over all rows from 0.' }),
    context: EventContext.optional(),
  })
  .superRefine((event, issues) => {
    const complain = (path: string, message: string) => issues.addIssue({ code: 'custom', path: [path], message });
    if (event.type === 'search') {
      if (event.query === undefined) complain('query', 'is required for search');
    } else if (event.type === 'reset') {
      if (event.itemId !== undefined) complain('itemId', 'must be absent for reset: it forgets every item');
    } else if (event.itemId === undefined) complain('itemId', `is required for ${event.type}`);
    if (event.type === 'rate') {
      if (event.value === undefined) complain('value', 'is required for rate');
      else if (event.value < RATING_MIN || event.value > RATING_MAX)
        complain('value', `must be a rating of ${RATING_MIN}–${RATING_MAX}`);
    } else if (VALUE_MEANING[event.type] !== undefined && event.value !== undefined && event.value < 0) {
      complain('value', `must be 0 or more for ${event.type}`);
    }
  })
  .meta({ id: 'Event' });
export type EventInput = z.input<typeof EventInput>;

/**
 * An event as it is queued, logged and replayed: complete and flat, null for absent fields, times in epoch
 * milliseconds.
 */
export const PlayerEvent = z.object({
  // Longer than a client's own id: each merge of a guest adds a prefix.
  id: z.string().min(1).max(STORED_ID_LENGTH_MAX),
  userId: Id,
  type: z.enum(EVENT_TYPES),
  itemId: Id.nullable(),
  value: z.number().nullable(),
  query: z.string().nullable(),
  timestamp: z.number().int(),
  receivedAt: z.number().int(),
  recommendationId: z.string().nullable(),
  position: z.number().int().nullable(),
  platform: z.string().nullable(),
  country: z.string().nullable(),
  locale: z.string().nullable(),
});
export type PlayerEvent = z.infer<typeof PlayerEvent>;

type RequiredField = 'id' | 'userId' | 'type' | 'timestamp' | 'receivedAt';
type PartialEvent = Pick<PlayerEvent, RequiredField> & {
  [Field in Exclude<keyof PlayerEvent, RequiredField>]?: PlayerEvent[Field] | undefined;
};

/** The event with null in the fields that are absent. */
export const completeEvent = ({
  id,
  userId,
  type,
  itemId = null,
  value = null,
  query = null,
  timestamp,
  receivedAt,
  recommendationId = null,
  position = null,
  platform = null,
  country = null,
  locale = null,
}: PartialEvent): PlayerEvent => ({
  id,
  userId,
  type,
  itemId,
  value,
  query,
  timestamp,
  receivedAt,
  recommendationId,
  position,
  platform,
  country,
  locale,
});

/**
 * An event on its way to the log, with the number of its database. The number is chosen once, so that adding a database
 * neither duplicates nor loses the event. Messages of earlier versions have no number: there was one database.
 */
export const RoutedEvent = PlayerEvent.extend({
  shard: z.number().int().nonnegative().default(0),
  /** The request that brought it, for log lines; absent if the player's object sends it again. */
  requestId: z.string().max(64).optional(),
});
export type RoutedEvent = z.infer<typeof RoutedEvent>;

/** The answer of a player's object to events. */
export interface RecordedEvents {
  /** Ids of the new events. */
  ids: string[];
  /** Ids of events that a merged guest’s token may not send; absent if there are none. */
  refusedIds?: string[];
  /** Number of their database of the log. */
  shard: number;
}

export const EventResult = z
  .object({
    id: z.string().meta({ description: 'The event’s id; empty if it has none that can be read.' }),
    status: z.enum(['accepted', 'duplicate', 'rejected']),
    reason: z.string().optional().meta({ description: 'For a rejected event: the field and what is wrong with it.' }),
  })
  .meta({ id: 'EventResult' });
export type EventResult = z.infer<typeof EventResult>;

export interface EventDefaults {
  /** Timestamp of an event without one, in epoch milliseconds. */
  timestamp?: number;
  /** User of an event without one; events of other users are invalid. Undefined if each event must name its user. */
  userId?: string;
  /** True if a player sends the event, not the store. */
  isFromPlayer?: boolean;
}

/** Validates one event from a client. The error names the first invalid field. `now`: epoch milliseconds. */
export function parseEvent(
  input: unknown,
  now: number,
  { timestamp: absent = now, userId: owner, isFromPlayer = false }: EventDefaults = {},
): Result<PlayerEvent, string> {
  const parsed = parseBody(EventInput, input);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    return fail(issue.path.length > 0 ? `${issue.path.join('.')}: ${issue.message}` : issue.message);
  }
  const { context, ...event } = parsed.data;
  const userId = event.userId ?? owner;
  if (userId === undefined) return fail('userId: is required');
  if (owner !== undefined && userId !== owner) return fail('userId: is not the player of the path');
  const timestamp = event.timestamp ?? absent;
  if (timestamp > now + CLOCK_SKEW_MS) return fail('timestamp: is more than 5 minutes ahead of the server');
  if (timestamp < TIMESTAMP_MIN) return fail('timestamp: is before the year 2000 (numbers are epoch milliseconds)');
  if (isFromPlayer && timestamp < now - BACKDATED_DAYS_MAX * DAY_MS)
    return fail(`timestamp: is more than ${BACKDATED_DAYS_MAX} days ago; send it with a key of the store`);
  return ok(completeEvent({ ...event, ...context, userId, timestamp, receivedAt: now }));
}
