// Finds the files that a path names: a file, a folder or a glob.

import { globSync, readdirSync, realpathSync, statSync } from 'node:fs';
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
    if (files.length > FILES_MAX) throw new Error(`${given} contains over ${FILES_MAX} files`);
    return { files, beside: [] };
  }
  if (stats !== undefined) {
    const beside = listFolder(path.dirname(given), false).filter((file) => path.resolve(file) !== path.resolve(given));
    // Reading the heads of so many would take minutes; --items names a catalogue.
    return { files: [given], beside: beside.length > FILES_MAX ? [] : beside };
  }
  const files = globSync(given)
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile())
    .sort();
  if (files.length === 0)
    throw new Error(
      `no such file or folder: ${given}; docs/import.md says which files are read, and where to get some`,
    );
  if (files.length > FILES_MAX) throw new Error(`${given} names over ${FILES_MAX} files`);
  return { files, beside: [] };
}

/** Follows links; a file or folder that several links name is listed once. */
function listFolder(folder: string, isRecursive: boolean): string[] {
  const seen = new Set<string>();
  const list = (inside: string): string[] =>
    readdirSync(inside, { withFileTypes: true }).flatMap((entry) => {
      if (entry.name.startsWith('.')) return [];
      const file = path.join(inside, entry.name);
      const isLink = entry.isSymbolicLink();
      const stats = isLink ? statSync(file, { throwIfNoEntry: false }) : entry;
      if (!stats?.isFile() && !(isRecursive && stats?.isDirectory())) return [];
      const real = realpathSync(file);
      if (seen.has(real)) return [];
      seen.add(real);
      return stats.isFile() ? [file] : list(file);
    });
  return list(folder).sort();
}
