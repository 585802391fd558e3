// Reads a text file line by line, with only a chunk of it in memory. Does not interpret the lines.

import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** Longer than any record: a file without line ends is not a text file. */
const LINE_LENGTH_MAX = 4 * 1024 * 1024;

export interface Line {
  text: string;
  /** From 1. */
  number: number;
}

/**
 * Yields the lines of a file, gunzipped if its name ends in .gz, without their ends (\n or \r\n) and without a byte
 * order mark. Throws if a line is longer than 4 Mi characters.
 */
export async function* readLines(path: string, encoding: 'utf-8' | 'latin1' = 'utf-8'): AsyncGenerator<Line> {
  const decoder = new TextDecoder(encoding);
  let rest = '';
  let number = 0;
  const toLine = (text: string): Line => ({ text: text.endsWith('\r') ? text.slice(0, -1) : text, number: ++number });
  for await (const chunk of openBytes(path)) {
    const texts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = texts.pop()!;
    if (rest.length > LINE_LENGTH_MAX) throw new Error(`${path}: line ${number + texts.length + 1} does not end`);
    for (const text of texts) yield toLine(text);
  }
  rest += decoder.decode();
  if (rest !== '') yield toLine(rest);
}

async function* openBytes(path: string): AsyncGenerator<Uint8Array> {
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  if (!path.endsWith('.gz')) return yield* file;
  const unzip = createGunzip();
  // Unlike pipe(), pipeline() forwards errors and closes the file; the loop over `unzip` throws them.
  pipeline(file, unzip, () => {});
  yield* unzip;
}
