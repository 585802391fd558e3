// Copies files of a snapshot from R2 to a folder, for DuckDB, which reads local files. They never change: a file is
// fetched once. Verified by its sha256.

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { DataFile } from '../../models/contracts/snapshot.ts';
import { readFile } from '../../workers/storage/snapshot-files.ts';

/** A file that no command has asked for in this time goes. */
const UNUSED_MS = 7 * 86_400_000;
const PARALLEL = 4;

/** The folder in which commands keep copies of R2's files. `state`: the folder of the local stores. */
export const fileCache = (state: string): string => path.join(state, 'files');

/** Returns the local paths, in the order of the files. Throws if a file is missing or damaged. */
export async function fetchFiles(
  bucket: R2Bucket,
  files: readonly DataFile[],
  folder: string,
  onProgress: (fetched: number) => void = () => {},
): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const now = new Date();
  const missing = files.filter((file) => !touch(localPath(folder, file), file.bytes, now));
  let fetched = 0;
  const queue = take(missing);
  const work = async () => {
    for (const file of queue) {
      const bytes = await readFile(bucket, file);
      // Complete or not there, whatever ends the command.
      const partial = `${localPath(folder, file)}.${process.pid}`;
      writeFileSync(partial, bytes);
      renameSync(partial, localPath(folder, file));
      onProgress(++fetched);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  deleteUnused(folder, now.getTime() - UNUSED_MS);
  return files.map((file) => localPath(folder, file));
}

/** A queue for several loops: one that fails closes it for all, so that they fetch no more. */
function* take<T>(all: readonly T[]): Generator<T, void> {
  yield* all;
}

const localPath = (folder: string, { key, sha256 }: DataFile): string =>
  path.join(folder, `${sha256}${key.slice(key.indexOf('.'))}`);

/** Marks a file as used; false if it is not there. */
function touch(file: string, bytes: number, now: Date): boolean {
  if (!existsSync(file) || statSync(file).size !== bytes) return false;
  utimesSync(file, now, now);
  return true;
}

function deleteUnused(folder: string, before: number): void {
  for (const name of readdirSync(folder)) {
    const file = path.join(folder, name);
    if (statSync(file).mtimeMs < before) rmSync(file);
  }
}
