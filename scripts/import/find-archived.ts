// Finds the staged events that the snapshot's files in R2 hold: D1 recognises only those that are in its hot window.

import type { DuckDBConnection } from '@duckdb/node-api';
import type { EventFile } from '../../models/contracts/snapshot.ts';
import { readSnapshotOrEmpty } from '../../workers/storage/snapshots.ts';
import { quotePath } from '../duckdb/quote.ts';
import { fetchFiles } from '../log/fetch-files.ts';
import type { Preset } from './presets.ts';

/**
 * Adds them to the table `archived`. Fetches only files that may hold one, into `folder`, where they stay;
 * `onProgress`: how many so far.
 */
export async function findArchived(
  connection: DuckDBConnection,
  bucket: R2Bucket,
  folder: string,
  preset: Preset,
  onProgress: (fetched: number, files: number) => void,
): Promise<void> {
  const { events } = await readSnapshotOrEmpty(bucket);
  const files: EventFile[] = [];
  for (const file of events) if (await mayHold(connection, file, preset)) files.push(file);
  if (files.length === 0) return;
  const paths = await fetchFiles(bucket, files, folder, (fetched) => onProgress(fetched, files.length));
  await connection.run(
    `insert into archived select events.ordinal from events semi join
       (select user_id, id from read_parquet([${paths.map((file) => quotePath(file)).join()}])) as logged
       using (user_id, id) where reason is null`,
  );
}

/** True if a staged event lies in the file's ranges. */
async function mayHold(connection: DuckDBConnection, { users, times }: EventFile, preset: Preset): Promise<boolean> {
  // An id that is a hash of the content includes the time, unless the time is made up.
  const hasTimeInId = !preset.isExport && !preset.isUntimed;
  const inTimes = hasTimeInId ? `and (time is null or time between ${times[0]} and ${times[1]})` : '';
  const found = await connection.runAndReadAll(
    `select 1 from staged where user_id between $1 and $2 ${inTimes} limit 1`,
    [...users],
  );
  return found.currentRowCount > 0;
}
