// Words of other systems for our event types. The import and gorse's API read them alike.

import type { EventType } from './event.ts';

export const TYPE_SYNONYMS = {
  star: 'like',
  favorite: 'like',
  favourite: 'like',
  read: 'view',
  buy: 'purchase',
  watch: 'play',
  rating: 'rate',
} as const satisfies Record<string, EventType>;
