// Exports the log from D1 to Parquet files in R2, by ranges of `sequence`: what the manifest says it holds is never
// read again, and a file that no manifest names counts for nothing. So a crash between any two steps loses and doubles
// nothing. It deletes nothing from D1.

import { eventsKey } from '../../models/contracts/layout.ts';
import type { EventFile } from '../../models/contracts/snapshot.ts';
import { findRange, toDay } from './day.ts';
import { EVENT_COLUMNS, type LoggedEvent } from './event-columns.ts';
import { readEventPage } from './events.ts';
import { compareUtf8 } from './parquet.ts';
import { writeRows } from './snapshot-files.ts';
import { editSnapshot, readSnapshotOrEmpty } from './snapshots.ts';

/** Below D1's 32 MB per result, whatever the lengths of ids. */
const PAGE_ROWS = 10_000;
/** About 40 MB as objects, of an isolate's 128. */
const PORTION_ROWS = 40_000;
/** A run reads at most this; the next one goes on. Its queries and files stay below the limits of an invocation. */
const RUN_ROWS_MAX = 400_000;

/** Returns the number of events exported. `now`: epoch milliseconds. */
export async function exportEvents(
  db: D1Database,
  bucket: R2Bucket,
  now: number,
  { portionRows = PORTION_ROWS, runRows = RUN_ROWS_MAX } = {},
): Promise<number> {
  let exported = 0;
  while (exported < runRows) {
    const { lastSequence } = await readSnapshotOrEmpty(bucket);
    const portion = await readPortion(db, lastSequence, portionRows);
    if (portion.length === 0) break;
    const files = await writePortion(bucket, portion);
    const edited = await editSnapshot(bucket, now, (manifest) =>
      // Another export was faster: these files stay unnamed, and its portion is not this one's to add.
      manifest.lastSequence === lastSequence
        ? { events: [...manifest.events, ...files], lastSequence: portion.at(-1)!.sequence }
        : undefined,
    );
    if (edited !== undefined) exported += portion.length;
  }
  return exported;
}

async function readPortion(db: D1Database, after: number, rows: number): Promise<LoggedEvent[]> {
  const portion: LoggedEvent[] = [];
  while (portion.length < rows) {
    const limit = Math.min(PAGE_ROWS, rows - portion.length);
    const page = await readEventPage(db, portion.at(-1)?.sequence ?? after, limit);
    portion.push(...page);
    if (page.length < limit) break;
  }
  return portion;
}

/** Writes a file for each day on which events were received. */
async function writePortion(bucket: R2Bucket, portion: readonly LoggedEvent[]): Promise<EventFile[]> {
  const files: EventFile[] = [];
  for (const [day, rows] of Map.groupBy(portion, ({ receivedAt }) => toDay(receivedAt))) {
    const sequences = findRange(rows.map(({ sequence }) => sequence));
    const times = findRange(rows.map(({ timestamp }) => timestamp));
    rows.sort((a, b) => compareUtf8(a.userId, b.userId) || a.timestamp - b.timestamp || a.sequence - b.sequence);
    const users = [rows[0]!.userId, rows.at(-1)!.userId] satisfies EventFile['users'];
    const name = (digest: string) => eventsKey(day, `${sequences.join('-')}-${digest}`);
    files.push({ ...(await writeRows(bucket, EVENT_COLUMNS, rows, name)), day, users, times, sequences });
  }
  return files;
}
