// A made-up event as the log holds it, for tests.

import type { EventType, PlayerEvent } from '../models/contracts/event.ts';

/** Nothing beside who did what, when; its id is the item's, unless `more` says otherwise. */
export const makeEvent = (
  userId: string,
  type: EventType,
  itemId: string,
  timestamp: number,
  more: Partial<PlayerEvent> = {},
): PlayerEvent => ({
  id: itemId,
  userId,
  type,
  itemId,
  value: null,
  query: null,
  timestamp,
  receivedAt: timestamp,
  recommendationId: null,
  position: null,
  platform: null,
  country: null,
  locale: null,
  ...more,
});
