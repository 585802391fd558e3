// An event as it is in the log, for tests.

import type { EventType, PlayerEvent } from '../models/contracts/event.ts';

/** Only user, type, item and time; the event id is the item's, unless `more` overrides it. */
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
