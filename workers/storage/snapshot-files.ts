// Writes one immutable file of a snapshot and reads it back: a manifest names only files that were verified.

import { sha256Hex } from '../../models/contracts/digest.ts';
import type { DataFile } from '../../models/contracts/snapshot.ts';
import { type Column, encodeParquet, verifyParquet } from './parquet.ts';

/** In each file's metadata as `bloodstream.schema`; docs/storage-schema.md describes each. */
export const LOG_SCHEMA = '2';
const DIGEST_LENGTH = 12;

/**
 * Writes rows in their order, then reads the file back and compares every value. `toKey` gets a digest of the content:
 * the same rows, written again after a crash, are the same file.
 */
export async function writeRows<Row>(
  bucket: R2Bucket,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  toKey: (digest: string) => string,
): Promise<DataFile> {
  const bytes = encodeParquet(columns, rows, { 'bloodstream.schema': LOG_SCHEMA });
  const { file, stored } = await writeVerified(bucket, bytes, rows.length, toKey);
  try {
    await verifyParquet(columns, rows, stored);
  } catch (error) {
    throw new Error(`${file.key} was not written correctly: ${(error as Error).message}`, { cause: error });
  }
  return file;
}

/** Writes lines of text, gzipped, and reads the file back. */
export async function writeLines(
  bucket: R2Bucket,
  lines: readonly string[],
  toKey: (digest: string) => string,
): Promise<DataFile> {
  const text = new Blob(lines.map((line) => `${line}\n`)).stream();
  const packed = await new Response(text.pipeThrough(new CompressionStream('gzip'))).arrayBuffer();
  return (await writeVerified(bucket, new Uint8Array(packed), lines.length, toKey)).file;
}

async function writeVerified(
  bucket: R2Bucket,
  bytes: Uint8Array,
  rows: number,
  toKey: (digest: string) => string,
): Promise<{ file: DataFile; stored: Uint8Array }> {
  const sha256 = await sha256Hex(bytes);
  const file = { key: toKey(sha256.slice(0, DIGEST_LENGTH)), rows, bytes: bytes.length, sha256 };
  // If the key is taken, nothing is written: reading back tells whether it holds these bytes.
  const written = await bucket.put(file.key, bytes, { sha256, onlyIf: { etagDoesNotMatch: '*' } });
  const stored = await readFile(bucket, file);
  // Left by a run that died, perhaps long ago. Written again, because old unnamed files are deleted.
  if (written === null) await bucket.put(file.key, stored, { sha256 });
  return { file, stored };
}

/** A file's bytes. Throws if it is missing or altered. */
export async function readFile(bucket: R2Bucket, { key, sha256 }: DataFile): Promise<Uint8Array> {
  const object = await bucket.get(key);
  if (object === null) throw new Error(`the snapshot is incomplete: ${key} is missing`);
  const bytes = new Uint8Array(await object.arrayBuffer());
  if ((await sha256Hex(bytes)) !== sha256)
    throw new Error(`the snapshot is damaged: ${key} does not have the sha256 of its manifest`);
  return bytes;
}
