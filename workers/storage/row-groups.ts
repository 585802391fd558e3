// Reads a Parquet file in R2 a group of rows at a time, by ranges: a compacted file is larger than an isolate's memory.

import { parquetMetadataAsync, parquetReadObjects, type RowGroup } from 'hyparquet';
import type { DataFile } from '../../models/contracts/snapshot.ts';
import { type Column, compareUtf8, DECODERS, ROWS_PER_GROUP, type Value } from './parquet.ts';

/** A row by the names of its columns; times are epoch milliseconds. */
export type StoredRow = Record<string, Value>;

/** Bytes read first; a longer footer needs a second read. */
const FOOTER_BYTES = 64_000;

/** Matches rows that have one of the values in one of the text columns. */
export interface RowFilter {
  columns: readonly string[];
  values: readonly string[];
}

/**
 * Yields a group's rows at a time, or portions of a larger group. `columns`: only these. `filter`: skips groups that
 * hold no matching row, by their statistics; the others are read completely. Throws if the file is missing.
 */
export async function* readRowGroups(
  bucket: R2Bucket,
  { key, bytes }: Pick<DataFile, 'key' | 'bytes'>,
  { columns, filter }: { columns?: readonly string[]; filter?: RowFilter } = {},
): AsyncGenerator<StoredRow[]> {
  const file = { byteLength: bytes, slice: (start: number, end = bytes) => readRange(bucket, key, start, end) };
  const metadata = await parquetMetadataAsync(file, { initialFetchSize: FOOTER_BYTES });
  const only = columns === undefined ? {} : { columns: [...columns] };
  let groupEnd = 0;
  for (const group of metadata.row_groups) {
    let rowStart = groupEnd;
    groupEnd += Number(group.num_rows);
    if (filter !== undefined && !mayHold(group, filter)) continue;
    for (; rowStart < groupEnd; rowStart += ROWS_PER_GROUP) {
      const rowEnd = Math.min(rowStart + ROWS_PER_GROUP, groupEnd);
      const range = { file, metadata, rowStart, rowEnd };
      yield convertRows(await parquetReadObjects({ ...range, compressors: DECODERS, utf8: false, ...only }));
    }
  }
}

/** Columns without statistics may hold any value. */
const mayHold = ({ columns }: RowGroup, filter: RowFilter): boolean =>
  columns.some(({ meta_data: column }) => {
    if (column === undefined || !filter.columns.includes(column.path_in_schema.join('.'))) return false;
    const { min_value: min, max_value: max } = column.statistics ?? {};
    if (typeof min !== 'string' || typeof max !== 'string') return true;
    return filter.values.some((value) => compareUtf8(min, value) <= 0 && compareUtf8(value, max) <= 0);
  });

/** Changes the rows in place: a second copy would not fit into memory. */
function convertRows(rows: Record<string, unknown>[]): StoredRow[] {
  for (const row of rows) for (const name of Object.keys(row)) row[name] = toValue(row[name]);
  return rows as StoredRow[];
}

async function readRange(bucket: R2Bucket, key: string, start: number, end: number): Promise<ArrayBuffer> {
  const object = await bucket.get(key, { range: { offset: start, length: end - start } });
  if (object === null) throw new Error(`the snapshot is incomplete: ${key} is missing`);
  return object.arrayBuffer();
}

function toValue(value: unknown): Value {
  if (value instanceof Date) return value.getTime();
  if (typeof value === 'bigint') return Number(value);
  return (value as Value | undefined) ?? null;
}

/** The same columns of rows that were read from a file. */
export const toStoredColumns = (columns: readonly Column<never>[]): Column<StoredRow>[] =>
  columns.map((column) => ({ ...column, read: (row) => row[column.name] ?? null }));
