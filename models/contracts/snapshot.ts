// A snapshot: the training rows at one time, exported by the Worker and read by the trainer. Its parts are gzipped
// JSONL, one event, item or slate per line; `npm run import -- --format jsonl` reads those of events and items.

import { z } from 'zod';
import { PlayerEvent } from './event.ts';
import { Item } from './item.ts';

export const SNAPSHOT_SCHEMA = 1;

export const SnapshotPart = z.object({
  key: z.string(),
  kind: z.enum(['events', 'items', 'slates']),
  rows: z.number().int(),
  bytes: z.number().int(),
  sha256: z.string(),
});
export type SnapshotPart = z.infer<typeof SnapshotPart>;

export const SnapshotManifest = z.object({
  schema: z.literal(SNAPSHOT_SCHEMA),
  version: z.string(),
  createdAt: z.iso.datetime(),
  events: z.number().int(),
  items: z.number().int(),
  slates: z.number().int(),
  /** Sequence number in the log of the snapshot's last event. */
  lastSequence: z.number().int(),
  parts: z.array(SnapshotPart),
});
export type SnapshotManifest = z.infer<typeof SnapshotManifest>;

/** Written by the cron job, read by `npm run train -- --watch`. */
export const TrainingDue = z.object({
  snapshot: z.string(),
  newEvents: z.number().int(),
  announcedAt: z.iso.datetime(),
});
export type TrainingDue = z.infer<typeof TrainingDue>;

/** One line of the project's export format. */
export const ExportLine = z.discriminatedUnion('kind', [
  PlayerEvent.extend({ kind: z.literal('event') }),
  Item.extend({ kind: z.literal('item') }),
]);
export type ExportLine = z.infer<typeof ExportLine>;
