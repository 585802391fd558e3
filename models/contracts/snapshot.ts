// The snapshot: a manifest of immutable files in R2 that together hold the log, the catalogue and the merges at one
// time. The Worker adds files, `npm run compact` replaces small ones, and the trainer and queries read them.

import { z } from 'zod';
import { PlayerEvent } from './event.ts';
import { Item } from './item.ts';

export const SNAPSHOT_SCHEMA = 3;

const DataFile = z.object({
  key: z.string(),
  rows: z.number().int(),
  bytes: z.number().int(),
  sha256: z.string(),
});
export type DataFile = z.infer<typeof DataFile>;

/** Rows of one UTC day, sorted by player. */
const DayFile = DataFile.extend({
  /** The day of `received_at` of events, the last one if there are several; the day of `shown_at` of slates. */
  day: z.iso.date(),
  /** The first and the last player id, in the order of UTF-8 bytes. */
  users: z.tuple([z.string(), z.string()]),
  /** The earliest and the latest time of a row, epoch milliseconds: an import has events of other days. */
  times: z.tuple([z.number().int(), z.number().int()]),
});

export const EventFile = DayFile.extend({
  /** Number of the log's database that the rows come from; sequences are per database. */
  shard: z.number().int(),
  /** The lowest and the highest sequence of a row. Files of several days may share a range, never a row. */
  sequences: z.tuple([z.number().int(), z.number().int()]),
});
export type EventFile = z.infer<typeof EventFile>;

/** One row for each item that was shown. */
export const SlateFile = DayFile.extend({ slates: z.number().int() });
export type SlateFile = z.infer<typeof SlateFile>;

/** By shard. A shard without exported events may be missing at the end. */
export const LastSequences = z.array(z.number().int());

export const SnapshotManifest = z.object({
  schema: z.literal(SNAPSHOT_SCHEMA),
  /** Its time as digits: the later one is greater. */
  version: z.string(),
  createdAt: z.iso.datetime(),
  /** By shard: each of its events up to this sequence is in exactly one file. */
  lastSequences: LastSequences,
  events: z.array(EventFile),
  slates: z.array(SlateFile),
  /** Batches of slates that the files hold; they are deleted before others are read. */
  takenBatches: z.array(z.string()),
  /** The whole catalogue as JSON lines; null while it is empty. `revision`: the newest of its items. */
  items: DataFile.extend({ revision: z.number().int() }).nullable(),
  /** Guests and the players they were merged into, in the order in which they were merged. */
  merges: z.array(DataFile.extend({ lastRow: z.number().int() })),
  /** Files that newer ones replaced. They stay for readers of earlier manifests. `at`: epoch milliseconds. */
  retired: z.array(z.object({ key: z.string(), at: z.number().int() })),
});
export type SnapshotManifest = z.infer<typeof SnapshotManifest>;

export const countRows = (files: readonly DataFile[]): number => files.reduce((sum, { rows }) => sum + rows, 0);

/** The number of events after the sequences, by shard. A file with sequences on both sides counts in proportion. */
export function countEventsAfter(files: readonly EventFile[], lastSequences: readonly number[]): number {
  let events = 0;
  for (const { rows, shard, sequences } of files) {
    const sequence = lastSequences[shard] ?? 0;
    const [first, last] = sequences;
    if (last > sequence) events += first > sequence ? rows : (rows * (last - sequence)) / (last - first + 1);
  }
  return Math.round(events);
}

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
