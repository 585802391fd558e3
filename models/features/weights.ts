// How much each kind of event says about a player's taste: one table for serving, replay and training.

import type { EventType } from '../contracts/event.ts';
import type { SignalEvent } from '../contracts/signals.ts';

const BASE: Record<EventType, number> = {
  impression: 0,
  search: 0,
  view: 0.1,
  click: 0.3,
  wishlist: 0.7,
  like: 1,
  purchase: 1,
  // A play counts from here up to 1 with its length, see below; a rating is centred, see below.
  play: 0.6,
  rate: 0,
  dismiss: -0.6,
  dislike: -1,
  // They cancel what they take back: see RETRACTIONS.
  unlike: 0,
  undismiss: 0,
};

const RATING_MIDDLE = 2.75;
const RATING_HALF_RANGE = 2.25;
/** From here on a longer play says no more. */
const LONG_PLAY_MINUTES = 600;

/** What one event adds to its item's weight: −1 to 1. */
export function weighEvent({ type, value }: Pick<SignalEvent, 'type' | 'value'>): number {
  if (type === 'rate') return ((value ?? RATING_MIDDLE) - RATING_MIDDLE) / RATING_HALF_RANGE;
  if (type === 'play') {
    const share = Math.min(1, Math.log1p(value ?? 0) / Math.log1p(LONG_PLAY_MINUTES));
    return BASE.play + (1 - BASE.play) * share;
  }
  return BASE[type];
}

/** A weight from which on an event counts as a positive interaction in training and evaluation. */
export const INTERACTION_WEIGHT_MIN = 0.3;

/** Clicks and views are attention, not yet a choice: training and evaluation count only what a player chose. */
export function isInteraction(event: Pick<SignalEvent, 'type' | 'value'>): boolean {
  return event.type !== 'click' && weighEvent(event) >= INTERACTION_WEIGHT_MIN;
}
