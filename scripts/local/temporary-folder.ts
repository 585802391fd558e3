// Gives a command a folder for files that it needs only while it runs.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** The folder is deleted when `run` settles or the process exits. `purpose`: part of its name. */
export async function withTemporaryFolder<T>(purpose: string, run: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), `bloodstream-${purpose}-`));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  // Commands ended by a signal call process.exit, which skips `finally`.
  process.once('exit', remove);
  try {
    return await run(folder);
  } finally {
    process.off('exit', remove);
    remove();
  }
}
