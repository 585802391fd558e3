// Reads a Parquet file of a snapshot with a reader of its own, for tests.

import * as zlib from 'node:zlib';
import { parquetReadObjects } from 'hyparquet';
import type { DataFile } from '../models/contracts/snapshot.ts';
import { readFile } from '../workers/storage/snapshot-files.ts';

export async function readRows(bucket: R2Bucket, file: DataFile): Promise<Record<string, unknown>[]> {
  const { buffer, byteOffset, byteLength } = await readFile(bucket, file);
  // Without it, workerd considers some frames truncated.
  const options = { finishFlush: zlib.constants.ZSTD_e_continue };
  const compressors = { ZSTD: (packed: Uint8Array) => new Uint8Array(zlib.zstdDecompressSync(packed, options)) };
  const bytes = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  return parquetReadObjects({ file: bytes, compressors, utf8: false });
}
