// The columns of the events' Parquet files. docs/storage-schema.md lists them; a change needs a new LOG_SCHEMA.

import type { PlayerEvent } from '../../models/contracts/event.ts';
import type { Column } from './parquet.ts';

export type LoggedEvent = PlayerEvent & { sequence: number };

export const EVENT_COLUMNS: readonly Column<LoggedEvent>[] = [
  { name: 'sequence', type: 'long', nullable: false, read: (event) => event.sequence },
  { name: 'user_id', type: 'text', nullable: false, read: (event) => event.userId },
  { name: 'id', type: 'text', nullable: false, read: (event) => event.id },
  { name: 'type', type: 'text', nullable: false, read: (event) => event.type },
  { name: 'item_id', type: 'text', nullable: true, read: (event) => event.itemId },
  { name: 'value', type: 'number', nullable: true, read: (event) => event.value },
  { name: 'query', type: 'text', nullable: true, read: (event) => event.query },
  { name: 'timestamp', type: 'time', nullable: false, read: (event) => event.timestamp },
  { name: 'received_at', type: 'time', nullable: false, read: (event) => event.receivedAt },
  { name: 'recommendation_id', type: 'text', nullable: true, read: (event) => event.recommendationId },
  { name: 'position', type: 'integer', nullable: true, read: (event) => event.position },
  { name: 'platform', type: 'text', nullable: true, read: (event) => event.platform },
  { name: 'country', type: 'text', nullable: true, read: (event) => event.country },
  { name: 'locale', type: 'text', nullable: true, read: (event) => event.locale },
];
