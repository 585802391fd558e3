// Keeps the checkpoints of long trainings as files of one folder, which several processes may share.

import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { Checkpoints } from '../../models/algorithms/algorithm.ts';

const UNFINISHED = '.unfinished';
/** Older unfinished files were left by a process that was killed while it wrote: writing takes seconds. */
const UNFINISHED_KEPT_MS = 24 * 60 * 60 * 1000;

/** The algorithm, which may have hyphens itself, and the digest of the data: 12 hexadecimal digits. */
const NAME = /^(?<algorithm>.+?)-(?<data>[0-9a-f]{12})-/;

/**
 * Names begin with `<algorithm>-<digest of the data>-` (see NAME). A write deletes the algorithm's checkpoints of other
 * data, because that training will not be resumed.
 */
export function openCheckpoints(folder: string): Checkpoints {
  return {
    read(name) {
      try {
        return readFileSync(path.join(folder, name));
      } catch {
        return undefined;
      }
    },
    write(name, bytes) {
      mkdirSync(folder, { recursive: true });
      writeWhole(path.join(folder, name), bytes);
      for (const other of readdirSync(folder)) {
        const file = path.join(folder, other);
        const stale = other.endsWith(UNFINISHED) ? isAbandoned(file) : isOfOtherData(other, name);
        if (stale) rmSync(file, { force: true });
      }
    },
  };
}

/** Writes atomically: if the process is killed or the power fails, the file is unchanged or complete. */
function writeWhole(file: string, bytes: Uint8Array): void {
  const unfinished = `${file}.${process.pid}${UNFINISHED}`;
  const descriptor = openSync(unfinished, 'w');
  try {
    writeFileSync(descriptor, bytes);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(unfinished, file);
}

function isAbandoned(file: string): boolean {
  const written = statSync(file, { throwIfNoEntry: false });
  return written !== undefined && Date.now() - written.mtimeMs > UNFINISHED_KEPT_MS;
}

function isOfOtherData(other: string, name: string): boolean {
  const own = NAME.exec(name)?.groups;
  const found = NAME.exec(other)?.groups;
  return own !== undefined && found !== undefined && found.algorithm === own.algorithm && found.data !== own.data;
}
