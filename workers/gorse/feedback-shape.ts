// The shape of gorse's feedback, and its conversion to and from events.

import { z } from 'zod';
import { sha256Hex } from '../../models/contracts/digest.ts';
import { EVENT_TYPES, type EventType, type PlayerEvent, parseEvent } from '../../models/contracts/event.ts';
import { Id } from '../../models/contracts/id.ts';
import { TYPE_SYNONYMS } from '../../models/contracts/type-synonyms.ts';
import { invalidInput } from '../online/problems.ts';
import type { Feedback } from './player-feedback.ts';
import { Timestamp } from './timestamps.ts';

const TYPES: ReadonlyMap<string, EventType> = new Map([
  ...EVENT_TYPES.filter((type) => type !== 'search' && type !== 'reset').map((type) => [type, type] as const),
  ...Object.entries(TYPE_SYNONYMS),
]);
const UNKNOWN_TYPE =
  `is not one of our types (${[...TYPES.keys()].filter((name) => TYPES.get(name) === name).join(', ')}) or of ` +
  `${Object.entries(TYPE_SYNONYMS)
    .map(([name, type]) => `${name} (${type})`)
    .join(', ')}`;

/** Converts gorse's feedback type to our event type; refuses unknown types and lists the known ones. */
export const FeedbackType = z.string().transform((name, issues): EventType => {
  const type = TYPES.get(name.trim().toLowerCase());
  if (type !== undefined) return type;
  issues.addIssue(UNKNOWN_TYPE);
  return z.NEVER;
});

export const GorseFeedback = z.strictObject({
  FeedbackType,
  UserId: Id,
  ItemId: Id,
  Timestamp: Timestamp.optional(),
  Comment: z.string().optional(),
  Value: z.number().optional(),
});
export type GorseFeedback = z.output<typeof GorseFeedback>;

/** Types whose events keep the value. gorse sends 0 for no value. */
const VALUED: readonly EventType[] = ['rate', 'play'];

const hasValue = ({ FeedbackType, Value }: Pick<GorseFeedback, 'FeedbackType' | 'Value'>): boolean =>
  Value !== undefined && Value !== 0 && VALUED.includes(FeedbackType);

export const listNotKept = (feedback: GorseFeedback): string[] => [
  ...(feedback.Comment ? ['Comment'] : []),
  ...(feedback.Value && !hasValue(feedback) ? ['Value'] : []),
];

const GORSE_NAMES: Record<string, string> = { timestamp: 'Timestamp', value: 'Value' };

/**
 * Derives the event's id from the type, item and time, so that feedback sent again is not counted again. `now`: epoch
 * milliseconds, the time of feedback without one. `path`: the path of the feedback in the body.
 */
export async function toEvent(
  feedback: Omit<GorseFeedback, 'UserId'> & { UserId: string },
  now: number,
  path: readonly PropertyKey[],
): Promise<PlayerEvent> {
  const { FeedbackType: type, UserId: userId, ItemId: itemId, Timestamp: timestamp = now } = feedback;
  const value = hasValue(feedback) ? feedback.Value : undefined;
  const id = await nameEvent(type, itemId, timestamp);
  const parsed = parseEvent({ id, userId, type, itemId, timestamp, value }, now);
  if (parsed.ok) return parsed.value;
  const [field = '', message = parsed.error] = parsed.error.split(/: (.*)/s);
  throw invalidInput([{ path: [...path, GORSE_NAMES[field] ?? field], message }]);
}

const ID_DIGITS = 40;

/** A digest, since an item's id and a time together may be longer than an event's id may be. */
export const nameEvent = async (...parts: (string | number)[]): Promise<string> =>
  `gorse-${(await sha256Hex(new TextEncoder().encode(JSON.stringify(parts)))).slice(0, ID_DIGITS)}`;

export const toGorseFeedback = (userId: string, { type, itemId, timestamp, value }: Feedback) => ({
  FeedbackType: type,
  UserId: userId,
  ItemId: itemId,
  Value: value ?? 0,
  Timestamp: new Date(timestamp).toISOString(),
  Comment: '',
});
