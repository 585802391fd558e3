// Exports the log's databases, the shards, to Parquet files in R2, by ranges of `sequence`. Events that the manifest
// lists are not read again, and a file that no manifest names is ignored, so a crash between any two steps neither
// loses nor duplicates events. It deletes nothing from D1. If D1 was restored to an earlier point, new rows may have
// numbers that the manifest lists as exported: rows that R2 does not hold are exported under these numbers.

import { eventsKey } from '../../models/contracts/layout.ts';
import type { EventFile, SnapshotManifest } from '../../models/contracts/snapshot.ts';
import { findRange, toDay } from './day.ts';
import { EVENT_COLUMNS, type LoggedEvent } from './event-columns.ts';
import { readEventPage } from './events.ts';
import { moveExportCursor, readExportCursor, skipRowNumbers } from './export-cursors.ts';
import { compareUtf8 } from './parquet.ts';
import { readRowGroups } from './row-groups.ts';
import { writeRows } from './snapshot-files.ts';
import { editSnapshot, lastSequenceOf, readSnapshotOrEmpty, withLastSequence } from './snapshots.ts';

/** Below D1's 32 MB per result, whatever the lengths of ids. */
const PAGE_ROWS = 10_000;
/** About 40 MB as objects, of an isolate's 128. */
const PORTION_ROWS = 40_000;
/** A run reads at most this; the next one goes on. Its queries and files stay below the limits of an invocation. */
const RUN_ROWS_MAX = 400_000;

/** An import may have events of thousands of days; a file takes two of the 1,000 calls of an invocation. */
const PORTION_FILES_MAX = 50;
const RUN_FILES_MAX = 200;

/** Returns the number of events exported. `now`: epoch milliseconds. */
export async function exportEvents(
  db: D1Database,
  shard: number,
  bucket: R2Bucket,
  now: number,
  { portionRows = PORTION_ROWS, runRows = RUN_ROWS_MAX } = {},
): Promise<number> {
  let exported = 0;
  let read = 0;
  let files = 0;
  while (read < runRows && files < RUN_FILES_MAX) {
    const manifest = await readSnapshotOrEmpty(bucket);
    const wasRestored = (await readExportCursor(db, 'events')) < lastSequenceOf(manifest, shard);
    const exportPortion = wasRestored ? exportRestored : exportNew;
    const portion = await exportPortion(db, shard, bucket, manifest, now, portionRows);
    if (portion.read === 0 && !wasRestored) break;
    exported += portion.exported;
    read += portion.read;
    files += portion.files;
  }
  return exported;
}

interface ExportedPortion {
  read: number;
  exported: number;
  files: number;
}

async function exportNew(
  db: D1Database,
  shard: number,
  bucket: R2Bucket,
  exported: SnapshotManifest,
  now: number,
  portionRows: number,
): Promise<ExportedPortion> {
  const lastSequence = lastSequenceOf(exported, shard);
  const portion = await readPortion(db, lastSequence, portionRows);
  const last = portion.at(-1)?.sequence;
  if (last === undefined) return { read: 0, exported: 0, files: 0 };
  const files = await writePortion(bucket, shard, portion);
  // Before the manifest: a restored D1 that has this cursor also has these rows.
  await moveExportCursor(db, 'events', last);
  const edited = await editSnapshot(bucket, now, (manifest) =>
    // Another export was faster: these files stay unnamed.
    lastSequenceOf(manifest, shard) === lastSequence
      ? { events: [...manifest.events, ...files], lastSequences: withLastSequence(manifest, shard, last) }
      : undefined,
  );
  return { read: portion.length, exported: edited === undefined ? 0 : portion.length, files: files.length };
}

/** After D1 was restored: the next rows between its cursor and the snapshot's, without those that R2 holds. */
async function exportRestored(
  db: D1Database,
  shard: number,
  bucket: R2Bucket,
  exported: SnapshotManifest,
  now: number,
  portionRows: number,
): Promise<ExportedPortion> {
  const lastSequence = lastSequenceOf(exported, shard);
  const files = exported.events.filter((file) => file.shard === shard);
  // First, so that no further row gets a number in question.
  await skipRowNumbers(db, 'events', lastSequence);
  const read = await readPortion(db, await readExportCursor(db, 'events'), portionRows);
  const questioned = read.filter(({ sequence }) => sequence <= lastSequence);
  const portion = await leaveOutExported(bucket, files, questioned);
  const added = await writePortion(bucket, shard, portion);
  if (added.length > 0) {
    const edited = await editSnapshot(bucket, now, (manifest) =>
      // Otherwise another export may have added the same rows.
      manifest.version === exported.version ? { events: [...manifest.events, ...added] } : undefined,
    );
    if (edited === undefined) return { read: read.length, exported: 0, files: added.length };
  }
  const isComplete = questioned.length < portionRows;
  await moveExportCursor(db, 'events', isComplete ? lastSequence : questioned.at(-1)!.sequence);
  return { read: read.length, exported: portion.length, files: added.length };
}

async function leaveOutExported(
  bucket: R2Bucket,
  files: readonly EventFile[],
  portion: readonly LoggedEvent[],
): Promise<LoggedEvent[]> {
  const identify = (...parts: unknown[]) => parts.join('\n');
  const left = new Map(portion.map((event) => [identify(event.sequence, event.userId, event.id), event]));
  const [first, last] = findRange(portion.map(({ sequence }) => sequence));
  for (const file of files) {
    if (file.sequences[1] < first || file.sequences[0] > last) continue;
    for await (const rows of readRowGroups(bucket, file, { columns: ['sequence', 'user_id', 'id'] }))
      for (const { sequence, user_id, id } of rows) left.delete(identify(sequence, user_id, id));
  }
  return [...left.values()];
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

/** Writes a file for each day of reception, or for several consecutive ones. */
async function writePortion(bucket: R2Bucket, shard: number, portion: readonly LoggedEvent[]): Promise<EventFile[]> {
  const files: EventFile[] = [];
  for (const { day, rows } of groupByDays(portion)) {
    const sequences = findRange(rows.map(({ sequence }) => sequence));
    const times = findRange(rows.map(({ timestamp }) => timestamp));
    rows.sort((a, b) => compareUtf8(a.userId, b.userId) || a.timestamp - b.timestamp || a.sequence - b.sequence);
    const users = [rows[0]!.userId, rows.at(-1)!.userId] satisfies EventFile['users'];
    const name = (digest: string) => eventsKey(day, shard, sequences, digest);
    files.push({ ...(await writeRows(bucket, EVENT_COLUMNS, rows, name)), day, shard, users, times, sequences });
  }
  return files;
}

/** `day`: the last one. */
function groupByDays(portion: readonly LoggedEvent[]): { day: string; rows: LoggedEvent[] }[] {
  const byDay = [...Map.groupBy(portion, ({ receivedAt }) => toDay(receivedAt))].sort(([a], [b]) => (a < b ? -1 : 1));
  const daysPerFile = Math.ceil(byDay.length / PORTION_FILES_MAX);
  const groups: { day: string; rows: LoggedEvent[] }[] = [];
  for (let from = 0; from < byDay.length; from += daysPerFile) {
    const days = byDay.slice(from, from + daysPerFile);
    groups.push({ day: days.at(-1)![0], rows: days.flatMap(([, rows]) => rows) });
  }
  return groups;
}
