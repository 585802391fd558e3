// Prepares a state folder with a small import, for tests of what `npm start` does once it has a store: a start that
// imports runs three more processes.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { importFiles } from '../scripts/import/write.ts';
import { withPlatform } from '../scripts/local/platform.ts';

export const IMPORTED_EVENTS = 3;

/** Writes a small file to import. Returns its path. */
export function writeSequences(folder: string): string {
  const file = path.join(folder, 'sequences.txt');
  writeFileSync(file, 'anna g1\nanna g2\nbert g1\n');
  return file;
}

/** Imports such a file as `npm run import` does. */
export async function importSequences(state: string): Promise<void> {
  const request = { format: 'sequences', path: writeSequences(state) } as const;
  await withPlatform(state, (platform) => importFiles(platform, request, Date.now()));
}
