// Ends the workerd processes that a library has started when this process ends, even after a SIGKILL. Processes that
// this project starts itself have a guardian: guarded-process.ts.

import { spawn, spawnSync } from 'node:child_process';
import type { Socket } from 'node:net';

/** Returns a function that stops watching them; call it once they have ended. */
export function endWorkerdsWithParent(): () => void {
  const pids = listWorkerds();
  if (pids.length === 0) return () => {};
  // The pipe closes when this process ends for any reason. Detached, so that Ctrl-C in the terminal does not end the
  // watcher.
  const watcher = spawn('sh', ['-c', 'read -r _; kill -9 "$@"', 'sh', ...pids], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Without a shell, workerd still ends with this process, except after a SIGKILL.
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
