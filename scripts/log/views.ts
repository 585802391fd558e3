// Opens files of the log in DuckDB as the views `events` and `slates`, with the columns of the Parquet files and with
// merged guests as the players they became. The SQL of queries/ is over these two.

import type { DuckDBConnection } from '@duckdb/node-api';
import type { SnapshotManifest } from '../../models/contracts/snapshot.ts';
import { EVENT_COLUMNS } from '../../workers/storage/event-columns.ts';
import type { Column } from '../../workers/storage/parquet.ts';
import { SLATE_COLUMNS } from '../../workers/storage/slate-columns.ts';
import { quotePath } from '../duckdb/open.ts';
import { fetchFiles } from './fetch-files.ts';

/** Local files: copies of a snapshot's, and those of whole-log.ts with what D1 has beyond it. */
export interface LogFiles {
  events: string[];
  slates: string[];
  merges: string[];
}

/** `folder`: where copies are kept. `onProgress` gets the number of files fetched so far, of those to fetch. */
export async function fetchLog(
  bucket: R2Bucket,
  { events, slates, merges }: Pick<SnapshotManifest, 'events' | 'slates' | 'merges'>,
  folder: string,
  onProgress: (step: string) => void = () => {},
): Promise<LogFiles> {
  const files = [...events, ...slates, ...merges];
  const paths = await fetchFiles(bucket, files, folder, (fetched) =>
    onProgress(`fetching ${fetched} files of ${files.length}`),
  );
  return {
    events: paths.slice(0, events.length),
    slates: paths.slice(events.length, events.length + slates.length),
    merges: paths.slice(events.length + slates.length),
  };
}

/** Creates the views. */
export async function createViews(connection: DuckDBConnection, { events, slates, merges }: LogFiles): Promise<void> {
  await connection.run("set timezone = 'UTC'");
  if (merges.length > 0) await createPlayers(connection, merges);
  const source = (paths: string[], columns: readonly Column<never>[]) =>
    merges.length === 0 || paths.length === 0 ? readParquet(paths, columns) : joinPlayers(readParquet(paths, columns));
  await connection.run(`create view events as ${source(events, EVENT_COLUMNS)}`);
  await connection.run(`create view slates as ${source(slates, SLATE_COLUMNS)}`);
}

const joinPlayers = (source: string): string =>
  `select rows.* replace (coalesce(players.player_id, rows.user_id) as user_id)
   from (${source}) as rows left join players on players.guest_id = rows.user_id`;

/** The player that each guest has become in the end, through any chain of merges. */
const createPlayers = (connection: DuckDBConnection, merges: string[]) =>
  connection.run(
    `create temp table players as
     with recursive merges as (select from_user_id, to_user_id from read_parquet([${listPaths(merges)}])),
     chains as (
       select from_user_id as guest_id, to_user_id as player_id from merges
       union all
       select chains.guest_id, merges.to_user_id from chains join merges on merges.from_user_id = chains.player_id
     )
     select guest_id, player_id from chains where player_id not in (select from_user_id from merges)`,
  );

const listPaths = (files: readonly string[]): string => files.map((file) => quotePath(file)).join();

/** A list without files has the columns and no rows. */
const readParquet = (paths: string[], columns: readonly Column<never>[]): string =>
  paths.length === 0
    ? `select ${columns.map(({ name, type }) => `null::${TYPES[type]} as ${name}`).join()} where false`
    : `select ${columns.map(({ name }) => name).join()} from read_parquet([${listPaths(paths)}])`;

const TYPES: Record<Column<never>['type'], string> = {
  text: 'varchar',
  integer: 'integer',
  long: 'bigint',
  number: 'double',
  time: 'timestamp_ms',
  flag: 'boolean',
  bytes: 'blob',
};
