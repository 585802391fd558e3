// Finds out how a file is stored: compression, encoding, kind, and its first lines. Reads bytes; interprets no row.

import { isAscii, isUtf8 } from 'node:buffer';
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream';
import zlib from 'node:zlib';

const HEAD_BYTES = 64 * 1024;
const CHUNK_BYTES = 1024 * 1024;
const GZIP = Buffer.from([0x1f, 0x8b]);
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const UTF8_MARK = Buffer.from('\ufeff');
/** Bytes of one UTF-8 character that a chunk may cut off. */
const CUT_BYTES_MAX = 3;

/** As DuckDB names them; `utf-16` is little-endian, with or without a byte order mark. */
export const ENCODINGS = ['utf-8', 'utf-16', 'latin-1'] as const;
export type Encoding = (typeof ENCODINGS)[number];
export type Compression = 'none' | 'gzip' | 'zstd';

export interface FileHead {
  path: string;
  kind: 'parquet' | 'json' | 'text';
  compression: Compression;
  encoding: Encoding;
  /** The first lines, without the last, which may be cut; empty for Parquet. */
  lines: readonly string[];
}

/** Throws if the file is neither text nor Parquet, or cannot be read. `encoding`: if it is known. */
export async function readHead(file: string, encoding?: Encoding): Promise<FileHead> {
  const stored = await readBytes(file, HEAD_BYTES);
  const startsWith = (...magic: (string | Buffer)[]) =>
    magic.some((one) => stored.subarray(0, one.length).equals(Buffer.from(one)));
  const name = path.basename(file);
  if (stored.length === 0) throw new Error(`${name} is empty`);
  if (startsWith('PAR1')) return { path: file, kind: 'parquet', compression: 'none', encoding: 'utf-8', lines: [] };
  if (startsWith('PK\u0003\u0004')) throw new Error(`${name} is a zip archive: unpack it and name its files`);
  const compression = startsWith(GZIP) ? 'gzip' : startsWith(ZSTD) ? 'zstd' : 'none';
  const bytes = decompressHead(stored, compression);
  const found = encoding ?? detectHeadEncoding(bytes, name);
  const text = decode(bytes, found);
  const lines = text.split(/\r\n|\n|\r/);
  if (stored.length === HEAD_BYTES && lines.length > 1) lines.pop();
  const filled = lines.filter((line) => line.trim() !== '');
  if (filled[0]?.includes('\0')) throw new Error(`${name} is a binary file; CSV, JSON lines and Parquet are read`);
  const kind = /^\s*[[{]/.test(filled[0] ?? '') && isJson(filled) ? 'json' : 'text';
  // DuckDB would lose the first line.
  if (kind === 'json' && bytes.subarray(0, UTF8_MARK.length).equals(UTF8_MARK))
    throw new Error(`${name} is JSON with a byte order mark: remove it first, e.g. sed '1s/^\\xef\\xbb\\xbf//'`);
  return { path: file, kind, compression, encoding: found, lines: filled };
}

/** An array may be spread over lines; of lines, each is a value. */
function isJson([first = '']: readonly string[]): boolean {
  if (/^\s*\[\s*(\{|$)/.test(first)) return true;
  try {
    JSON.parse(first);
    return true;
  } catch {
    return /^\s*\{\s*("|$)/.test(first);
  }
}

async function readBytes(file: string, length: number): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

function decompressHead(bytes: Buffer, compression: Compression): Buffer {
  // A cut stream is no error with these flushes.
  if (compression === 'gzip') return zlib.gunzipSync(bytes, { finishFlush: zlib.constants.Z_SYNC_FLUSH });
  if (compression === 'zstd') return zlib.zstdDecompressSync(bytes, { finishFlush: zlib.constants.ZSTD_e_flush });
  return bytes;
}

function detectHeadEncoding(bytes: Buffer, name: string): Encoding {
  const countZeros = (offset: number) => {
    let zeros = 0;
    for (let at = offset; at < bytes.length; at += 2) if (bytes[at] === 0) zeros++;
    return zeros;
  };
  const isLittleEndian = bytes[0] === 0xff && bytes[1] === 0xfe;
  const isBigEndian = bytes[0] === 0xfe && bytes[1] === 0xff;
  const [even, odd] = [countZeros(0), countZeros(1)];
  if (isBigEndian || (even > bytes.length / 4 && odd === 0))
    throw new Error(`${name} is UTF-16, big-endian: convert it first, e.g. iconv -f UTF-16BE -t UTF-8`);
  if (isLittleEndian || (odd > bytes.length / 4 && even === 0)) return 'utf-16';
  return isUtf8(trimCut(bytes)) ? 'utf-8' : 'latin-1';
}

function decode(bytes: Buffer, encoding: Encoding): string {
  const decoder = new TextDecoder(encoding === 'latin-1' ? 'latin1' : encoding === 'utf-16' ? 'utf-16le' : 'utf-8');
  return decoder.decode(bytes);
}

/** Drops the start of a character that the end of the bytes cuts off. */
function trimCut(bytes: Buffer): Buffer {
  for (let back = 1; back <= CUT_BYTES_MAX && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) break;
    if (byte >= 0xc0) return bytes.subarray(0, bytes.length - back);
  }
  return bytes;
}

/** The first byte of each UTF-8 character beyond ASCII. */
const LEAD_BYTE_MIN = 0xc0;

export interface FileContent {
  sha256: string;
  encoding: Encoding;
}

/**
 * Reads the whole file: its digest, and its encoding, which the head alone does not show. A file that is mostly UTF-8
 * stays UTF-8; its broken lines are rejected by the reader.
 */
export async function readContent(head: FileHead): Promise<FileContent> {
  try {
    return await digestContent(head);
  } catch (error) {
    const cause = error as Error & { path?: string };
    // The file system's own errors name the file.
    if (cause.path !== undefined) throw error;
    throw new Error(`${path.basename(head.path)} cannot be unpacked to its end: ${cause.message}`, { cause });
  }
}

async function digestContent({ path: file, kind, compression, encoding }: FileHead): Promise<FileContent> {
  const hash = createHash('sha256');
  if (kind === 'parquet' || encoding === 'utf-16') {
    for await (const _ of readChunks(file, hash));
    return { sha256: hash.digest('hex'), encoding };
  }
  const characters = { multibyte: 0, broken: 0 };
  let rest = Buffer.alloc(0);
  for await (const chunk of decompress(readChunks(file, hash), compression)) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const whole = trimCut(bytes);
    rest = Buffer.from(bytes.subarray(whole.length));
    countCharacters(whole, characters);
  }
  countCharacters(rest, characters);
  return {
    sha256: hash.digest('hex'),
    encoding: characters.broken > characters.multibyte ? 'latin-1' : 'utf-8',
  };
}

async function* readChunks(file: string, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES })) {
    hash.update(chunk);
    yield chunk;
  }
}

async function* decompress(chunks: AsyncGenerator<Buffer>, compression: Compression): AsyncGenerator<Buffer> {
  if (compression === 'none') return yield* chunks;
  const output = compression === 'gzip' ? zlib.createGunzip() : zlib.createZstdDecompress();
  // Unlike pipe(), pipeline() forwards errors and closes the file; the loop over `output` throws them.
  pipeline(chunks, output, () => {});
  yield* output;
}

const NON_ASCII = /[^\p{ASCII}\ufffd]/gu;

function countCharacters(bytes: Buffer, characters: { multibyte: number; broken: number }): void {
  if (isAscii(bytes)) return;
  if (isUtf8(bytes)) {
    // Decoding the bytes, or for…of, would take seven times as long.
    for (let at = 0; at < bytes.length; at++) if (bytes[at]! >= LEAD_BYTE_MIN) characters.multibyte++;
    return;
  }
  const text = new TextDecoder().decode(bytes);
  characters.multibyte += text.match(NON_ASCII)?.length ?? 0;
  characters.broken += text.split('\ufffd').length - 1;
}
