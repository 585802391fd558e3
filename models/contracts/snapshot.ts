// A snapshot: the training rows of one moment, exported by the Worker, read by the trainer. Its parts are gzipped JSONL,
// one event, item or slate a line; `npm run import -- --format jsonl` reads those of events and items.

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
  /** The newest; none in snapshots of before there were any. */
  slates: z.number().int().default(0),
  /** Sequence number in the log of the last event that is in it. */
  lastSequence: z.number().int(),
  parts: z.array(SnapshotPart),
});
export type SnapshotManifest = z.infer<typeof SnapshotManifest>;

/** What the cron job puts where `npm run train -- --watch` looks. */
export const TrainingDue = z.object({
  snapshot: z.string(),
  newEvents: z.number().int(),
  announcedAt: z.iso.datetime(),
});
export type TrainingDue = z.infer<typeof TrainingDue>;

/** One line of the project's own export format. */
export const ExportLine = z.discriminatedUnion('kind', [
  PlayerEvent.extend({ kind: z.literal('event') }),
  Item.extend({ kind: z.literal('item') }),
]);
export type ExportLine = z.infer<typeof ExportLine>;
