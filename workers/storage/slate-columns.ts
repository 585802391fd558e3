// The columns of the slates' Parquet files: a row for each item that was shown. docs/storage-schema.md lists them; a
// change needs a new LOG_SCHEMA.

import type { LoggedSlate } from '../../models/contracts/slate.ts';
import { listEntries, type SlateEntry } from '../../models/contracts/slate-entries.ts';
import type { Column } from './parquet.ts';

export interface SlateRow {
  slate: LoggedSlate;
  entry: SlateEntry;
  /** A byte each. */
  features: Uint8Array;
}

export const SLATE_COLUMNS: readonly Column<SlateRow>[] = [
  { name: 'recommendation_id', type: 'text', nullable: false, read: ({ slate }) => slate.recommendationId },
  { name: 'user_id', type: 'text', nullable: false, read: ({ slate }) => slate.userId },
  { name: 'shown_at', type: 'time', nullable: false, read: ({ slate }) => slate.shownAt },
  { name: 'tier', type: 'text', nullable: false, read: ({ slate }) => slate.tier },
  { name: 'release', type: 'text', nullable: true, read: ({ slate }) => slate.release },
  { name: 'country', type: 'text', nullable: true, read: ({ slate }) => slate.country },
  { name: 'platform', type: 'text', nullable: true, read: ({ slate }) => slate.platform },
  { name: 'sampling_rate', type: 'number', nullable: false, read: ({ slate }) => slate.samplingRate },
  { name: 'item_id', type: 'text', nullable: false, read: ({ entry }) => entry.itemId },
  { name: 'row_id', type: 'text', nullable: false, read: ({ entry }) => entry.rowId },
  { name: 'row_index', type: 'integer', nullable: false, read: ({ entry }) => entry.row },
  { name: 'column_index', type: 'integer', nullable: false, read: ({ entry }) => entry.column },
  { name: 'propensity', type: 'number', nullable: false, read: ({ entry }) => entry.propensity },
  { name: 'exploration', type: 'flag', nullable: false, read: ({ entry }) => entry.exploration },
  { name: 'shuffled', type: 'flag', nullable: false, read: ({ entry }) => entry.shuffled },
  { name: 'features_hash', type: 'text', nullable: false, read: ({ slate }) => slate.featuresHash },
  { name: 'features', type: 'bytes', nullable: false, read: ({ features }) => features },
];

export function toSlateRows(slate: LoggedSlate): SlateRow[] {
  const features = Buffer.from(slate.features, 'base64');
  const entries = listEntries(slate.entries);
  const length = features.length / entries.length;
  return entries.map((entry, at) => ({
    slate,
    entry,
    features: features.subarray(at * length, (at + 1) * length),
  }));
}
