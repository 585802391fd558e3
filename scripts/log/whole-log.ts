// Gives a command the whole log as of now: the snapshot's files, and files with D1's later events. It only reads, and
// may run beside a server. A training does not use it, because a release names the snapshot that it was trained on.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { SnapshotManifest } from '../../models/contracts/snapshot.ts';
import { EVENT_COLUMNS, type LoggedEvent } from '../../workers/storage/event-columns.ts';
import { readEventPage } from '../../workers/storage/events.ts';
import { MERGE_COLUMNS } from '../../workers/storage/export-merges.ts';
import { listLogShards } from '../../workers/storage/log-shards.ts';
import { type Merge, readMergePage } from '../../workers/storage/merges.ts';
import { type Column, encodeParquet } from '../../workers/storage/parquet.ts';
import { lastSequenceOf, readSnapshotOrEmpty } from '../../workers/storage/snapshots.ts';
import type { LogStores } from '../local/platform.ts';
import { fileCache } from './fetch-files.ts';
import { fetchLog, type LogFiles } from './views.ts';

/** Below D1's 32 MB per result, whatever the lengths of ids. */
const PAGE_ROWS = 10_000;

export interface LogRequest {
  /** The folder of the local stores. */
  state: string;
  /** Receives the files with later events. They hold personal data: the caller deletes the folder. */
  folder: string;
  /** The files of the snapshot that are needed. */
  select?: (snapshot: SnapshotManifest) => Pick<SnapshotManifest, 'events' | 'slates' | 'merges'>;
  onProgress?: (step: string) => void;
}

/** Slates that have not been exported yet are missing. */
export async function fetchWholeLog(
  stores: LogStores,
  { state, folder, select = (snapshot) => snapshot, onProgress = () => {} }: LogRequest,
): Promise<LogFiles> {
  const { DB, BUCKET } = stores;
  const snapshot = await readSnapshotOrEmpty(BUCKET);
  const { events, slates, merges } = await fetchLog(BUCKET, select(snapshot), fileCache(state), onProgress);
  const hotEvents: string[] = [];
  for (const [shard, database] of listLogShards(stores).entries()) {
    const readPage = async (last: LoggedEvent | undefined) => {
      if (last)
        onProgress(`reading events that are not in the snapshot yet, up to ${last.sequence.toLocaleString('en')}`);
      return readEventPage(database, last?.sequence ?? lastSequenceOf(snapshot, shard), PAGE_ROWS);
    };
    hotEvents.push(...(await writePages(path.join(folder, `events-${shard}`), EVENT_COLUMNS, readPage)));
  }
  const hotMerges = await writePages<Merge>(path.join(folder, 'merges'), MERGE_COLUMNS, (last) =>
    readMergePage(DB, last?.row ?? snapshot.merges.at(-1)?.lastRow ?? 0, PAGE_ROWS),
  );
  return { events: [...events, ...hotEvents], slates, merges: [...merges, ...hotMerges] };
}

/** Writes a Parquet file for each page. `readPage` receives the last row of the previous page. */
async function writePages<Row>(
  prefix: string,
  columns: readonly Column<Row>[],
  readPage: (last: Row | undefined) => Promise<Row[]>,
): Promise<string[]> {
  const files: string[] = [];
  for (let page = await readPage(undefined); page.length > 0; page = await readPage(page.at(-1))) {
    const file = `${prefix}-${files.length}.parquet`;
    writeFileSync(file, encodeParquet(columns, page, {}));
    files.push(file);
  }
  return files;
}
