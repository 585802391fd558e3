// Ends workerds that a library has started as children of this process when this process ends, even after a SIGKILL.
// What this project starts itself runs in a group with a guardian: guarded-process.ts.

import { spawn, spawnSync } from 'node:child_process';
import type { Socket } from 'node:net';

/** Returns a function that forgets them, for when they have been ended. */
export function endWorkerdsWithParent(): () => void {
  const pids = listWorkerds();
  if (pids.length === 0) return () => {};
  // The pipe closes with this process, whatever ends it. Detached: a Ctrl-C in the terminal is not for the watcher.
  const watcher = spawn('sh', ['-c', 'read -r _; kill -9 "$@"', 'sh', ...pids], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Without a shell, workerd ends as it did: with every end of this process but a SIGKILL.
  watcher.on('error', () => {});
  watcher.unref();
  (watcher.stdin as Socket).unref();
  return () => watcher.kill('SIGKILL');
}

/** Process ids. */
function listWorkerds(): string[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,comm='], { encoding: 'utf8' });
  return (stdout ?? '').split('\n').flatMap((line) => {
    const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*\S)/.exec(line) ?? [];
    return pid !== undefined && Number(parent) === process.pid && /workerd$/.test(command!) ? [pid] : [];
  });
}
