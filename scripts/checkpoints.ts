// Keeps the checkpoints of long trainings as files of one folder.

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Checkpoints } from '../models/algorithms/algorithm.ts';

/** Those of trainings on other data are deleted when a new one is written: at most one of each algorithm stays. */
export function openCheckpoints(folder: string): Checkpoints {
  const algorithmOf = (name: string) => name.split('-')[0];
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
      // Renamed when it is whole: a training may be killed while it writes.
      const unfinished = path.join(folder, `${name}.unfinished`);
      writeFileSync(unfinished, bytes);
      renameSync(unfinished, path.join(folder, name));
      for (const other of readdirSync(folder))
        if (other !== name && algorithmOf(other) === algorithmOf(name)) rmSync(path.join(folder, other));
    },
  };
}
