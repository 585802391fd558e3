// An event as it is in the log, for tests.

import { completeEvent, type EventType, type PlayerEvent } from '../models/contracts/event.ts';

/** Only user, type, item and time; the event id is the item's, unless `more` overrides it. */
export const makeEvent = (
  userId: string,
  type: EventType,
  itemId: string,
  timestamp: number,
  more: Partial<PlayerEvent> = {},
): PlayerEvent => completeEvent({ id: itemId, userId, type, itemId, timestamp, receivedAt: timestamp, ...more });
