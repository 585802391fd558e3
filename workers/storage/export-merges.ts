// Exports new identity merges. The log's files keep a guest's id for ever; readers replace it with the player's. If D1
// was restored to an earlier point, merges, like events, are exported under numbers that the snapshot already has.

import { mergesKey } from '../../models/contracts/layout.ts';
import type { DataFile, SnapshotManifest } from '../../models/contracts/snapshot.ts';
import { moveExportCursor, readExportCursor, skipRowNumbers } from './export-cursors.ts';
import { type Merge, readMergePage } from './merges.ts';
import type { Column } from './parquet.ts';
import { readRowGroups } from './row-groups.ts';
import { writeRows } from './snapshot-files.ts';
import { editSnapshot, readSnapshotOrEmpty, retireFiles } from './snapshots.ts';

const PORTION_ROWS = 10_000;

type ExportedMerge = Omit<Merge, 'row'>;

export const MERGE_COLUMNS: readonly Column<ExportedMerge>[] = [
  { name: 'from_user_id', type: 'text', nullable: false, read: (merge) => merge.fromUserId },
  { name: 'to_user_id', type: 'text', nullable: false, read: (merge) => merge.toUserId },
  { name: 'merged_at', type: 'time', nullable: false, read: (merge) => merge.mergedAt },
];

/** Returns the number of merges exported. `now`: epoch milliseconds. */
export async function exportMerges(db: D1Database, bucket: R2Bucket, now: number): Promise<number> {
  const snapshot = await readSnapshotOrEmpty(bucket);
  const lastRow = snapshot.merges.at(-1)?.lastRow ?? 0;
  const cursor = await readExportCursor(db, 'merges');
  return cursor < lastRow
    ? exportRestored(db, bucket, snapshot, { lastRow, cursor, now })
    : exportNew(db, bucket, snapshot, { lastRow, now });
}

async function exportNew(
  db: D1Database,
  bucket: R2Bucket,
  snapshot: SnapshotManifest,
  { lastRow, now }: { lastRow: number; now: number },
): Promise<number> {
  const merges = await readMergePage(db, lastRow, PORTION_ROWS);
  const last = merges.at(-1)?.row;
  if (last === undefined) return 0;
  // Before the manifest: a restored D1 that has this cursor also has these rows.
  await moveExportCursor(db, 'merges', last);
  return (await addFile(bucket, snapshot, merges, last, now)) ? merges.length : 0;
}

/** After D1 was restored: the merges after its cursor, without those that R2 holds. */
async function exportRestored(
  db: D1Database,
  bucket: R2Bucket,
  snapshot: SnapshotManifest,
  { lastRow, cursor, now }: { lastRow: number; cursor: number; now: number },
): Promise<number> {
  // First, so that no further row gets a number in question.
  await skipRowNumbers(db, 'merges', lastRow);
  const page = await readMergePage(db, cursor, PORTION_ROWS);
  const questioned = page.filter(({ row }) => row <= lastRow);
  const merges = await leaveOutExported(bucket, snapshot.merges, questioned);
  if (merges.length > 0 && !(await addFile(bucket, snapshot, merges, lastRow, now))) return 0;
  await moveExportCursor(db, 'merges', questioned.length < PORTION_ROWS ? lastRow : questioned.at(-1)!.row);
  return merges.length;
}

/**
 * Returns false if another export was faster. A file that is not full is rewritten with the new merges: readers read
 * all files, and each hour could add one.
 */
async function addFile(
  bucket: R2Bucket,
  { merges: files }: SnapshotManifest,
  merges: readonly Merge[],
  lastRow: number,
  now: number,
): Promise<boolean> {
  const last = files.at(-1);
  const replaced = last !== undefined && last.rows + merges.length <= PORTION_ROWS ? [last] : [];
  const rows = [...(await readMerges(bucket, replaced)), ...merges];
  const file = await writeRows(bucket, MERGE_COLUMNS, rows, (digest) => mergesKey(`${lastRow}-${digest}`));
  const edited = await editSnapshot(bucket, now, (manifest) => {
    if (manifest.merges.length !== files.length || manifest.merges.at(-1)?.key !== last?.key) return undefined;
    return {
      merges: [...manifest.merges.slice(0, files.length - replaced.length), { ...file, lastRow }],
      retired: [...manifest.retired, ...retireFiles(replaced, [file], now)],
    };
  });
  return edited !== undefined;
}

async function leaveOutExported(
  bucket: R2Bucket,
  files: readonly DataFile[],
  merges: readonly Merge[],
): Promise<Merge[]> {
  const exported = new Set<unknown>();
  for (const file of files)
    for await (const rows of readRowGroups(bucket, file, { columns: ['from_user_id'] }))
      for (const { from_user_id } of rows) exported.add(from_user_id);
  return merges.filter(({ fromUserId }) => !exported.has(fromUserId));
}

async function readMerges(bucket: R2Bucket, files: readonly DataFile[]): Promise<ExportedMerge[]> {
  const merges: ExportedMerge[] = [];
  for (const file of files)
    for await (const rows of readRowGroups(bucket, file))
      for (const { from_user_id, to_user_id, merged_at } of rows)
        merges.push({
          fromUserId: from_user_id as string,
          toUserId: to_user_id as string,
          mergedAt: merged_at as number,
        });
  return merges;
}
