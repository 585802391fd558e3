// Other systems' names for our event types, shared by the import and gorse's API.

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
