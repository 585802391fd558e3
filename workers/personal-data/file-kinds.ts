// The kinds of Parquet files that name players: which columns do, and how a file is described in the manifest once rows
// have left it.

import { eventsKey, mergesKey, slatesKey } from '../../models/contracts/layout.ts';
import type { DataFile, EventFile, SlateFile, SnapshotManifest } from '../../models/contracts/snapshot.ts';
import { findRange } from '../storage/day.ts';
import { EVENT_COLUMNS } from '../storage/event-columns.ts';
import { MERGE_COLUMNS } from '../storage/export-merges.ts';
import { type Column, compareUtf8 } from '../storage/parquet.ts';
import type { StoredRow } from '../storage/row-groups.ts';
import { SLATE_COLUMNS } from '../storage/slate-columns.ts';

type MergeFile = SnapshotManifest['merges'][number];

export interface FileKind<File extends DataFile = DataFile> {
  /** The store's name in exports and receipts. */
  name: string;
  list: 'events' | 'slates' | 'merges';
  columns: readonly Column<never>[];
  /** Columns that hold a user's id. */
  users: readonly string[];
  /** Columns of times: the earliest is compared with an erasure's. */
  times: readonly string[];
  /** False if the file cannot hold rows of the user. */
  mayHold(file: File, userId: string): boolean;
  /** A file without rows stays, because something else depends on it. */
  keepsEmpty: boolean;
  toKey(file: File, rows: readonly StoredRow[], digest: string): string;
  /** The new file as the manifest names it. */
  describe(file: File, rows: readonly StoredRow[], written: DataFile): File;
}

const isBetween = ({ users: [first, last] }: { users: [string, string] }, userId: string) =>
  compareUtf8(first, userId) <= 0 && compareUtf8(userId, last) <= 0;
const rangeOf = (rows: readonly StoredRow[], column: string) => findRange(rows.map((row) => row[column] as number));
const usersOf = (rows: readonly StoredRow[]): [string, string] => [
  rows[0]!.user_id as string,
  rows.at(-1)!.user_id as string,
];

const EVENTS: FileKind<EventFile> = {
  name: 'archived-log',
  list: 'events',
  columns: EVENT_COLUMNS,
  users: ['user_id'],
  times: ['timestamp', 'received_at'],
  mayHold: isBetween,
  keepsEmpty: false,
  toKey: ({ day, shard }, rows, digest) => eventsKey(day, shard, rangeOf(rows, 'sequence'), digest),
  describe: ({ day, shard }, rows, written) => ({
    ...written,
    day,
    shard,
    users: usersOf(rows),
    times: rangeOf(rows, 'timestamp'),
    sequences: rangeOf(rows, 'sequence'),
  }),
};

const SLATES: FileKind<SlateFile> = {
  name: 'archived-slates',
  list: 'slates',
  columns: SLATE_COLUMNS,
  users: ['user_id'],
  times: ['shown_at'],
  mayHold: isBetween,
  keepsEmpty: false,
  toKey: ({ day }, _, digest) => slatesKey(day, digest),
  describe: ({ day }, rows, written) => ({
    ...written,
    day,
    users: usersOf(rows),
    times: rangeOf(rows, 'shown_at'),
    slates: new Set(rows.map((row) => row.recommendation_id)).size,
  }),
};

const MERGES: FileKind<MergeFile> = {
  name: 'archived-merges',
  list: 'merges',
  columns: MERGE_COLUMNS,
  users: ['from_user_id', 'to_user_id'],
  times: ['merged_at'],
  mayHold: () => true,
  // The last one says how far merges were exported.
  keepsEmpty: true,
  toKey: ({ lastRow }, _, digest) => mergesKey(`${lastRow}-${digest}`),
  describe: ({ lastRow }, _, written) => ({ ...written, lastRow }),
};

export const FILE_KINDS: readonly FileKind[] = [EVENTS, SLATES, MERGES];
