// Runs a Node script in a process group of its own that does not outlive this process: guardian.ts sees to that even
// after a SIGKILL. Ctrl-C in a terminal does not reach the group; whoever starts it stops it.

import { spawn } from 'node:child_process';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

const STOP_TIMEOUT_MS = 5_000;

export interface GuardedProcess {
  /** Process id of the guardian, the parent of the script. */
  pid: number;
  stdout: Readable | null;
  stderr: Readable | null;
  /** The script's exit code once the whole group has ended; null after a signal. */
  exited: Promise<number | null>;
  /** Ends the group: SIGTERM, and SIGKILL if that is not enough. */
  stop(): Promise<void>;
}

/** `output`: where the script's stdout and stderr go. */
export function spawnGuarded(
  script: string,
  args: readonly string[],
  output: { stdout: 'inherit' | 'pipe'; stderr: 'inherit' | 'pipe'; cwd?: string; env?: NodeJS.ProcessEnv },
): GuardedProcess {
  const { stdout, stderr, ...options } = output;
  const guardian = spawn(process.execPath, [path.join(import.meta.dirname, 'guardian.ts'), script, ...args], {
    ...options,
    detached: true,
    stdio: ['ignore', stdout, stderr, 'ipc'],
  });
  let hasEnded = false;
  const signalGroup = (signal: NodeJS.Signals) => {
    // Its number may be another group's by now.
    if (hasEnded) return;
    try {
      process.kill(-guardian.pid!, signal);
    } catch {
      // The group has ended.
    }
  };
  const kill = () => signalGroup('SIGKILL');
  // Exit handlers are synchronous: no waiting here.
  process.once('exit', kill);
  let exitCode: number | null = null;
  guardian.on('message', (message: { exitCode: number | null }) => {
    exitCode = message.exitCode;
  });
  const exited = new Promise<number | null>((resolve) =>
    guardian.once('exit', () => {
      // The guardian itself may have been killed.
      kill();
      hasEnded = true;
      process.removeListener('exit', kill);
      resolve(exitCode);
    }),
  );
  return {
    pid: guardian.pid!,
    stdout: guardian.stdout,
    stderr: guardian.stderr,
    exited,
    async stop() {
      signalGroup('SIGTERM');
      await Promise.race([exited, sleep(STOP_TIMEOUT_MS, undefined, { ref: false })]);
      kill();
      await exited;
    },
  };
}
