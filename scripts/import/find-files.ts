// Finds the files that a path names: a file, a folder or a glob.

import { globSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

const FILES_MAX = 10_000;

export interface FoundFiles {
  files: readonly string[];
  /** Files in the folder of a single file: its catalogue may be among them. */
  beside: readonly string[];
}

/** Throws if there are none. Hidden files are left out. */
export function findFiles(given: string): FoundFiles {
  const stats = statSync(given, { throwIfNoEntry: false });
  if (stats?.isDirectory()) {
    const files = listFolder(given, true);
    if (files.length === 0) throw new Error(`${given} is an empty folder`);
    return { files, beside: [] };
  }
  if (stats !== undefined) {
    const beside = listFolder(path.dirname(given), false).filter((file) => path.resolve(file) !== path.resolve(given));
    return { files: [given], beside };
  }
  const files = globSync(given)
    .filter((file) => statSync(file).isFile())
    .sort();
  if (files.length === 0) throw new Error(`no such file or folder: ${given}`);
  if (files.length > FILES_MAX) throw new Error(`${given} names over ${FILES_MAX} files`);
  return { files, beside: [] };
}

function listFolder(folder: string, isRecursive: boolean): string[] {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: isRecursive });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter(
      (file) =>
        !path
          .relative(folder, file)
          .split(path.sep)
          .some((part) => part.startsWith('.')),
    );
  if (files.length > FILES_MAX) throw new Error(`${folder} contains over ${FILES_MAX} files`);
  return files.sort();
}
