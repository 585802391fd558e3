// Marks a state folder as served by a running `npm start`, so that no second process writes to it: two writers of the
// local D1 collide. The mark of a dead process is ignored.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export class StateInUseError extends Error {}

const lockFile = (state: string) => path.join(state, 'served-by.pid');

/** Throws if a running process serves the folder. */
export function assertNotServed(state: string): void {
  const pid = findServer(state);
  if (pid === undefined) return;
  throw new StateInUseError(
    `${state} is in use by \`npm start\` (process ${pid}): stop that first, or name another folder with --state`,
  );
}

/** The process that serves the folder; undefined if none does. */
export function findServer(state: string): number | undefined {
  try {
    const pid = Number(readFileSync(lockFile(state), 'utf8'));
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
}

/** Marks an existing folder. Returns a function that removes the mark. */
export function markServed(state: string): () => void {
  writeFileSync(lockFile(state), String(process.pid));
  return () => rmSync(lockFile(state), { force: true });
}
