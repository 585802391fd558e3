// Exports new identity merges. The log's files keep a guest's id for ever; readers replace it with the player's.

import { mergesKey } from '../../models/contracts/layout.ts';
import type { Column } from './parquet.ts';
import { writeRows } from './snapshot-files.ts';
import { editSnapshot, readSnapshotOrEmpty } from './snapshots.ts';
import { type Merge, readMergePage } from './users.ts';

const PORTION_ROWS = 10_000;

export const MERGE_COLUMNS: readonly Column<Merge>[] = [
  { name: 'from_user_id', type: 'text', nullable: false, read: (merge) => merge.fromUserId },
  { name: 'to_user_id', type: 'text', nullable: false, read: (merge) => merge.toUserId },
  { name: 'merged_at', type: 'time', nullable: false, read: (merge) => merge.mergedAt },
];

/** Returns the number of merges exported. `now`: epoch milliseconds. */
export async function exportMerges(db: D1Database, bucket: R2Bucket, now: number): Promise<number> {
  const before = (await readSnapshotOrEmpty(bucket)).merges.at(-1)?.lastRow ?? 0;
  const merges = await readMergePage(db, before, PORTION_ROWS);
  if (merges.length === 0) return 0;
  const lastRow = merges.at(-1)!.row;
  const file = await writeRows(bucket, MERGE_COLUMNS, merges, (digest) =>
    mergesKey(`${before + 1}-${lastRow}-${digest}`),
  );
  const edited = await editSnapshot(bucket, now, (manifest) =>
    (manifest.merges.at(-1)?.lastRow ?? 0) === before
      ? { merges: [...manifest.merges, { ...file, lastRow }] }
      : undefined,
  );
  return edited === undefined ? 0 : merges.length;
}
