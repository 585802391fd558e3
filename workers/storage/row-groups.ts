// Reads a Parquet file in R2 a group of rows at a time, by ranges: a compacted file is larger than an isolate's memory.

import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import type { DataFile } from '../../models/contracts/snapshot.ts';
import { type Column, DECODERS, type Value } from './parquet.ts';

/** A row by the names of its columns; times are epoch milliseconds. */
export type StoredRow = Record<string, Value>;

/** `columns`: only these. Throws if the file is missing. */
export async function* readRowGroups(
  bucket: R2Bucket,
  { key, bytes }: Pick<DataFile, 'key' | 'bytes'>,
  columns?: readonly string[],
): AsyncGenerator<StoredRow[]> {
  const file = { byteLength: bytes, slice: (start: number, end = bytes) => readRange(bucket, key, start, end) };
  const metadata = await parquetMetadataAsync(file);
  let rowStart = 0;
  for (const { num_rows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(num_rows);
    const only = columns === undefined ? {} : { columns: [...columns] };
    const rows = await parquetReadObjects({
      file,
      metadata,
      rowStart,
      rowEnd,
      compressors: DECODERS,
      utf8: false,
      ...only,
    });
    yield rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, toValue(value)])));
    rowStart = rowEnd;
  }
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
