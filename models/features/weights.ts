// The weight of an event: how strongly it shows a player's taste. One table for serving, replay, statistics and
// training.

import type { EventType } from '../contracts/event.ts';
import type { SignalEvent } from '../contracts/signals.ts';

/** Weight by type. */
export const EVENT_WEIGHTS: Record<EventType, number> = {
  impression: 0,
  search: 0,
  view: 0.1,
  click: 0.3,
  wishlist: 0.7,
  like: 1,
  purchase: 1,
  // A play of unknown length; a longer one weighs up to 1. A rating weighs by its distance from the middle.
  play: 0.6,
  rate: 0,
  dismiss: -0.6,
  dislike: -1,
  // Retractions remove what they take back: see RETRACTIONS.
  unlike: 0,
  undismiss: 0,
  refund: 0,
  unwishlist: 0,
  reset: 0,
};

/** A like and a dislike as votes, on the scale of ratings. */
export const LIKE_VOTE = 4.5;
export const DISLIKE_VOTE = 1.5;

export const RATING_MIDDLE = 2.75;
export const RATING_HALF_RANGE = 2.25;
/** Longer plays have the same weight. */
export const LONG_PLAY_MINUTES = 600;

/** Returns what one event adds to its item's weight, −1 to 1. workers/storage/event-weight.ts is the same in SQL. */
export function weighEvent({ type, value }: Pick<SignalEvent, 'type' | 'value'>): number {
  if (type === 'rate') return ((value ?? RATING_MIDDLE) - RATING_MIDDLE) / RATING_HALF_RANGE;
  if (type === 'play') {
    const share = Math.min(1, Math.log1p(value ?? 0) / Math.log1p(LONG_PLAY_MINUTES));
    return EVENT_WEIGHTS.play + (1 - EVENT_WEIGHTS.play) * share;
  }
  return EVENT_WEIGHTS[type];
}

/** Minimum weight of an interaction, in training and evaluation. */
export const INTERACTION_WEIGHT_MIN = 0.3;

/** Clicks and views are attention, not interactions. */
export function isInteraction(event: Pick<SignalEvent, 'type' | 'value'>): boolean {
  return event.type !== 'click' && weighEvent(event) >= INTERACTION_WEIGHT_MIN;
}
