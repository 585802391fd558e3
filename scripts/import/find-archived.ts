// Finds the staged events that the snapshot's files in R2 hold: D1 recognises only those that are in its hot window.

import type { DuckDBConnection } from '@duckdb/node-api';
import type { EventFile } from '../../models/contracts/snapshot.ts';
import { compareUtf8 } from '../../workers/storage/parquet.ts';
import { readSnapshotOrEmpty } from '../../workers/storage/snapshots.ts';
import { quotePath } from '../duckdb/quote.ts';
import { withTemporaryFolder } from '../local/temporary-folder.ts';
import { fetchFiles } from '../log/fetch-files.ts';
import type { Preset } from './presets.ts';

/** Adds them to the table `archived`. Fetches only files that may hold one; `onProgress`: how many so far. */
export async function findArchived(
  connection: DuckDBConnection,
  bucket: R2Bucket,
  preset: Preset,
  onProgress: (fetched: number, files: number) => void,
): Promise<void> {
  const { events } = await readSnapshotOrEmpty(bucket);
  if (events.length === 0) return;
  const mayHold = await compareRanges(connection, preset);
  const files = events.filter(mayHold);
  if (files.length === 0) return;
  await withTemporaryFolder('import', async (folder) => {
    const paths = await fetchFiles(bucket, files, folder, (fetched) => onProgress(fetched, files.length));
    await connection.run(
      `insert into archived select events.ordinal from events semi join
         (select user_id, id from read_parquet([${paths.map((file) => quotePath(file)).join()}])) as logged
         using (user_id, id) where reason is null`,
    );
  });
}

/** Returns the test for a file: its ranges and those of the staged events overlap. */
async function compareRanges(connection: DuckDBConnection, preset: Preset): Promise<(file: EventFile) => boolean> {
  const staged = await connection.runAndReadAll(
    'select min(user_id), max(user_id), min(time)::double, max(time)::double from staged',
  );
  const [first, last, earliest, latest] = staged.getRows()[0] as [string, string, number, number] | [null];
  if (first === null) return () => false;
  // An id that is a hash of the content includes the time, unless the time is made up.
  const hasTimeInId = !preset.isExport && !preset.isUntimed;
  return ({ users, times }) =>
    compareUtf8(users[0], last) <= 0 &&
    compareUtf8(first, users[1]) <= 0 &&
    (!hasTimeInId || (times[0] <= latest && earliest <= times[1]));
}
