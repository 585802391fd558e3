// Marks a state folder as served by a running `npm start`, so that no second process writes to it: two that write to the
// local D1 at once collide. A mark left by a process that died counts for nothing.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export class StateInUseError extends Error {}

const lockFile = (state: string) => path.join(state, 'served-by.pid');

/** Throws where a running process serves the folder. */
export function assertNotServed(state: string): void {
  let pid: number;
  try {
    pid = Number(readFileSync(lockFile(state), 'utf8'));
    process.kill(pid, 0);
  } catch {
    return;
  }
  throw new StateInUseError(
    `${state} is in use by \`npm start\` (process ${pid}): stop that first, or take another folder with --state`,
  );
}

/** Marks the folder, which exists. Returns how to take the mark away. */
export function markServed(state: string): () => void {
  writeFileSync(lockFile(state), String(process.pid));
  return () => rmSync(lockFile(state), { force: true });
}
