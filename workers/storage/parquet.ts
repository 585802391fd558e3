// Writes rows as Parquet (zstd) and reads them back. A file's columns are one table, which writer and verification
// share. It knows nothing of R2, and no file larger than memory.

import * as zlib from 'node:zlib';
import { parquetReadObjects, type SchemaElement } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';

/** `time`: epoch milliseconds in the rows; in the file a timestamp of UTC without a zone. `bytes`: Uint8Array. */
type ColumnType = 'text' | 'integer' | 'long' | 'number' | 'time' | 'flag' | 'bytes';
export type Value = string | number | boolean | Uint8Array | null;

export interface Column<Row> {
  name: string;
  type: ColumnType;
  nullable: boolean;
  read(row: Row): Value;
}

/**
 * Large enough to compress well; some 20 MB as objects, so that an isolate can read a file of any size group by group.
 * A multiple of the 2,048 rows that DuckDB writes at a time.
 */
export const ROWS_PER_GROUP = 20_480;
const CODECS = {
  ZSTD: (bytes: Uint8Array) => new Uint8Array(zlib.zstdCompressSync(bytes)),
};
// Without it, workerd considers a frame of 160 KB, and of some other multiples of 16 KB, truncated. Truncated frames
// are still detected: the length of their page differs from that in the file.
const WHOLE_FRAMES = { finishFlush: zlib.constants.ZSTD_e_continue };
export const DECODERS = {
  ZSTD: (bytes: Uint8Array) => new Uint8Array(zlib.zstdDecompressSync(bytes, WHOLE_FRAMES)),
};

const ELEMENTS: Record<ColumnType, Omit<SchemaElement, 'name'>> = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  integer: { type: 'INT32' },
  long: { type: 'INT64' },
  number: { type: 'DOUBLE' },
  // Without a zone, so that the day of a time is the UTC day in every engine, whatever its session's zone.
  time: { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'MILLIS' } },
  flag: { type: 'BOOLEAN' },
  bytes: { type: 'BYTE_ARRAY' },
};

/** `metadata`: key-value pairs of the file. */
export function encodeParquet<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const buffer = parquetWriteBuffer({
    columnData: columns.map((column) => ({
      name: column.name,
      data: rows.map((row) => toPhysical(column, row)) as unknown[],
    })),
    schema: [
      { name: 'root', num_children: columns.length },
      ...columns.map(({ name, type, nullable }) => ({
        ...{ name, ...ELEMENTS[type] },
        repetition_type: nullable ? ('OPTIONAL' as const) : ('REQUIRED' as const),
      })),
    ],
    codec: 'ZSTD',
    compressors: CODECS,
    rowGroupSize: ROWS_PER_GROUP,
    kvMetadata: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    createdBy: 'bloodstream',
  });
  return new Uint8Array(buffer);
}

/** INT64 takes bigints alone. */
function toPhysical<Row>({ type, read }: Column<Row>, row: Row): Value | bigint {
  const value = read(row);
  return value !== null && (type === 'long' || type === 'time') ? BigInt(value as number) : value;
}

/** Throws if the file does not hold exactly these rows in this order, naming the first that differs. */
export async function verifyParquet<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  bytes: Uint8Array,
): Promise<void> {
  const stored = await parquetReadObjects({ file: toArrayBuffer(bytes), compressors: DECODERS, utf8: false });
  if (stored.length !== rows.length) throw new Error(`the file holds ${stored.length} rows instead of ${rows.length}`);
  for (const [index, row] of rows.entries())
    for (const { name, read } of columns) {
      const value = stored[index]![name];
      if (!equals(read(row), value)) throw new Error(`the file differs in ${name} of row ${index}`);
    }
}

function equals(expected: Value, stored: unknown): boolean {
  if (stored instanceof Date) return stored.getTime() === expected;
  if (typeof stored === 'bigint') return Number(stored) === expected;
  // Half of a surrogate pair has no UTF-8.
  if (typeof expected === 'string') return expected === stored || expected.toWellFormed() === stored;
  if (expected instanceof Uint8Array)
    return stored instanceof Uint8Array && Buffer.from(expected).equals(Buffer.from(stored));
  return expected === (stored ?? null);
}

const toArrayBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): ArrayBuffer =>
  buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;

/** The order in which engines compare text: that of UTF-8 bytes, which is not JavaScript's beyond U+D7FF. */
export const compareUtf8 = (a: string, b: string): number =>
  a === b ? 0 : SURROGATES_AND_ABOVE.test(a + b) ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : a < b ? -1 : 1;

const SURROGATES_AND_ABOVE = /[\ud800-\uffff]/;
