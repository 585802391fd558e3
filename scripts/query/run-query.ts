// Runs SQL over a snapshot's views, limited to a range of time, and returns rows or writes a file.

import type { DuckDBConnection } from '@duckdb/node-api';
import type { SnapshotManifest } from '../../models/contracts/snapshot.ts';
import { quoteText } from '../duckdb/open.ts';
import { readNumber } from '../duckdb/stream.ts';
import { createViews, type LogFiles } from '../log/views.ts';

/** UTC days, both inclusive. */
export interface DayRange {
  from: string | undefined;
  to: string | undefined;
}

export interface Rows {
  columns: string[];
  /** Numbers beyond 2^53 are text. */
  rows: (string | number | boolean | null)[][];
  /** Number of all rows; `rows` may have only the first. */
  total: number;
}

const DAY_MS = 86_400_000;
const startOf = (day: string): number => Date.parse(`${day}T00:00:00Z`);

/** The files that may hold rows of the range; merges are needed whole. */
export function selectFiles(
  { events, slates, merges }: Pick<SnapshotManifest, 'events' | 'slates' | 'merges'>,
  { from, to }: DayRange,
): Pick<SnapshotManifest, 'events' | 'slates' | 'merges'> {
  const first = from === undefined ? Number.NEGATIVE_INFINITY : startOf(from);
  const end = to === undefined ? Number.POSITIVE_INFINITY : startOf(to) + DAY_MS;
  const overlaps = ({ times: [earliest, latest] }: { times: [number, number] }) => latest >= first && earliest < end;
  return { events: events.filter(overlaps), slates: slates.filter(overlaps), merges };
}

/** Creates the views `events` and `slates` of the range. */
export async function createRangeViews(connection: DuckDBConnection, files: LogFiles, range: DayRange): Promise<void> {
  await createViews(connection, files);
  await connection.run('create schema range');
  for (const [view, time, only] of [
    ['events', 'timestamp', ''],
    // A slate that the queue delivers twice may be in two files until they are compacted.
    ['slates', 'shown_at', 'qualify row_number() over (partition by recommendation_id, item_id) = 1'],
  ]) {
    const conditions = [
      ...(range.from === undefined ? [] : [`${time} >= ${quoteText(range.from)}::timestamp`]),
      ...(range.to === undefined ? [] : [`${time} < ${quoteText(range.to)}::timestamp + interval 1 day`]),
    ];
    const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
    await connection.run(`create view range.${view} as select * from main.${view} ${where} ${only}`);
  }
  await connection.run("set search_path = 'memory.range,memory.main'");
}

/** Returns the first rows and the number of all rows, because an answer may be larger than memory. */
export async function readRows(connection: DuckDBConnection, sql: string, rowsMax: number): Promise<Rows> {
  await connection.run(`create or replace temp table answer as ${sql}`);
  const total = await readNumber(connection, 'select count(*) from answer');
  const result = await connection.runAndReadAll(`from answer limit ${rowsMax}`);
  return { columns: result.columnNames(), rows: result.getRowsJson() as Rows['rows'], total };
}

const OPTIONS = { csv: 'format csv, header', json: 'format json, array', parquet: 'format parquet, compression zstd' };
export type FileFormat = keyof typeof OPTIONS;

export async function writeFile(
  connection: DuckDBConnection,
  sql: string,
  format: FileFormat,
  target: string,
): Promise<void> {
  await connection.run(`copy (${sql}) to ${quoteText(target)} (${OPTIONS[format]})`);
}
