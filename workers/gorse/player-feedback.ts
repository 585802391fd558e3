// Lists the feedback that a player has given and not taken back, from the signals of the player's object: the newest of
// each type and item. The signals have the newest 500 actions and impressions each, and older likes, purchases and
// other lasting facts.

import { type EventType, KEPT_BY_RESET, RETRACTIONS } from '../../models/contracts/event.ts';
import { type MarkKind, RESET_ITEM, type Signals } from '../../models/contracts/signals.ts';
import { listMarks } from '../../models/features/signals.ts';

/** Feedback of one type for one item; gorse has at most one per user. */
export interface Feedback {
  type: EventType;
  itemId: string;
  /** Epoch milliseconds. */
  timestamp: number;
  value: number | null;
}

const RETRACTION_OF = new Map(
  Object.entries(RETRACTIONS).map(([retraction, type]) => [type, retraction as EventType & MarkKind]),
);

/** Returns the event type that takes a type back; undefined if there is none. */
export const findRetraction = (type: EventType): EventType | undefined => RETRACTION_OF.get(type);

export const feedbackKey = ({ type, itemId }: Pick<Feedback, 'type' | 'itemId'>): string => `${type} ${itemId}`;

/** Newest first. */
export function listFeedback({ actions, impressions, marks }: Signals): Feedback[] {
  const resetAt = marks.get(RESET_ITEM)?.reset ?? Number.NEGATIVE_INFINITY;
  const isCurrent = ({ type, itemId, timestamp }: Feedback) => {
    const retraction = RETRACTION_OF.get(type);
    const retractedAt = retraction && marks.get(itemId)?.[retraction];
    return (retractedAt ?? 0) < timestamp && (timestamp > resetAt || KEPT_BY_RESET.includes(type));
  };
  const newest = new Map<string, Feedback>();
  for (const one of [...listEvents([...actions, ...impressions]), ...listFacts(marks)]) {
    const key = feedbackKey(one);
    const known = newest.get(key);
    if (isFeedback(one.type) && (known === undefined || known.timestamp < one.timestamp)) newest.set(key, one);
  }
  return [...newest.values()].filter(isCurrent).sort((a, b) => b.timestamp - a.timestamp);
}

const isFeedback = (type: EventType): boolean =>
  RETRACTIONS[type] === undefined && type !== 'search' && type !== 'reset';

const listEvents = (events: Signals['actions']): Feedback[] =>
  events.flatMap(({ type, itemId, timestamp, value }) => (itemId === null ? [] : { type, itemId, timestamp, value }));

const listFacts = (marks: Signals['marks']): Feedback[] =>
  listMarks(marks).map(({ kind, itemId, timestamp }) => ({ type: kind, itemId, timestamp, value: null }));
