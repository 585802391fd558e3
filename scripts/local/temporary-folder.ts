// Gives a command a folder for what is only needed while it runs.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** The folder goes when `run` settles, or when the process exits before that. `purpose`: part of its name. */
export async function withTemporaryFolder<T>(purpose: string, run: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), `bloodstream-${purpose}-`));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  // Commands that a signal ends call process.exit, which runs no finally.
  process.once('exit', remove);
  try {
    return await run(folder);
  } finally {
    process.off('exit', remove);
    remove();
  }
}
