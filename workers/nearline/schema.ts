// The tables inside each player's Durable Object: its signals, row by row.

import { integer, primaryKey, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { EVENT_TYPES } from '../../models/contracts/event.ts';
import { MARK_KINDS } from '../../models/contracts/signals.ts';

// Read whole when the object wakes, so no index: each would be written with every event. Ids are unique because
// signal-store.ts knows them all.
export const recentEvents = sqliteTable('recent_events', {
  row: integer('row').primaryKey(),
  id: text('id').notNull(),
  type: text('type', { enum: EVENT_TYPES }).notNull(),
  itemId: text('item_id'),
  value: real('value'),
  query: text('query'),
  timestamp: integer('timestamp').notNull(),
});

/** The outbox: accepted events that the log has not been seen to have, those of one call in a row. */
export const unlogged = sqliteTable('unlogged', {
  // Never used twice: a check must not delete a newer event than it asked about.
  row: integer('row').primaryKey({ autoIncrement: true }),
  // JSON: a list of whole events (models/contracts/event.ts).
  body: text('body').notNull(),
  /** When the oldest was received. */
  receivedAt: integer('received_at').notNull(),
  /** Times the events were sent to the queue again. */
  resends: integer('resends').notNull(),
  /** Number of the events' database of the log. */
  shard: integer('shard').notNull(),
});

export const marks = sqliteTable(
  'marks',
  {
    itemId: text('item_id').notNull(),
    kind: text('kind', { enum: MARK_KINDS }).notNull(),
    timestamp: integer('timestamp').notNull(),
  },
  (table) => [primaryKey({ columns: [table.itemId, table.kind] })],
);

/** One row once the player's log has been read into the object. */
export const hydration = sqliteTable('hydration', {
  id: integer('id').primaryKey(),
  hydratedAt: integer('hydrated_at').notNull(),
});

/** State other than events, one JSON document of each kind: see workers/nearline/documents.ts. */
export const documents = sqliteTable('documents', {
  kind: text('kind').primaryKey(),
  body: text('body').notNull(),
  // Epoch milliseconds; 0 if unknown.
  writtenAt: integer('written_at').notNull().default(0),
});

/** One row once the player was erased: events until then are rejected, whatever their source. */
export const erasure = sqliteTable('erasure', {
  id: integer('id').primaryKey(),
  erasedAt: integer('erased_at').notNull(),
});
