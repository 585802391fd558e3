// Exports the catalogue as JSON lines whenever it has changed: `npm run import -- --format jsonl` reads them.

import { itemsKey } from '../../models/contracts/layout.ts';
import type { ExportLine } from '../../models/contracts/snapshot.ts';
import { listItems, readRevision } from './items.ts';
import { writeLines } from './snapshot-files.ts';
import { editSnapshot, readSnapshotOrEmpty, retireFiles } from './snapshots.ts';

const PAGE_ROWS = 2_000;

/** Returns the number of items exported; 0 if the catalogue is as it was. `now`: epoch milliseconds. */
export async function exportItems(db: D1Database, bucket: R2Bucket, now: number): Promise<number> {
  const { items } = await readSnapshotOrEmpty(bucket);
  // Read before the items: a change meanwhile is exported again the next time.
  const revision = await readRevision(db);
  if (revision === (items?.revision ?? 0)) return 0;
  const lines: string[] = [];
  let last = '';
  for (;;) {
    const page = await listItems(db, { hidden: true }, last, PAGE_ROWS);
    for (const item of page) lines.push(JSON.stringify({ kind: 'item', ...item } satisfies ExportLine));
    if (page.length < PAGE_ROWS) break;
    last = page.at(-1)!.itemId;
  }
  const file = await writeLines(bucket, lines, (digest) => itemsKey(`${revision}-${digest}`));
  await editSnapshot(bucket, now, (manifest) =>
    (manifest.items?.revision ?? 0) > revision
      ? undefined
      : {
          items: { ...file, revision },
          retired: [...manifest.retired, ...retireFiles([manifest.items], [file], now)],
        },
  );
  return lines.length;
}
