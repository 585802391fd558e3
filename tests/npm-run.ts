// Runs an npm script in its own process group, as a terminal does. For tests of what it leaves behind.

import { spawn } from 'node:child_process';
import { expect } from 'vitest';
import { PROJECT_DIR } from '../scripts/local/project.ts';
import { findProcesses } from './processes.ts';

export interface NpmRun {
  pid: number;
  /** The exit code of npm itself; null after a signal. */
  exited: Promise<number | null>;
  /** stdout and stderr so far. */
  readOutput(): string;
  waitForText(text: string): Promise<void>;
}

/** Enough for a busy machine. */
const TEXT_TIMEOUT_MS = 240_000;

/** Every descendant inherits `marker` in its environment, for `findProcesses`. `cwd`: this project or a copy. */
export function runNpm(marker: string, args: readonly string[], cwd = PROJECT_DIR): NpmRun {
  const child = spawn('npm', args, {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, MARKER: marker },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk;
    });
  const readOutput = () => output;
  return {
    pid: child.pid!,
    exited: new Promise((resolve) => child.once('exit', resolve)),
    readOutput,
    waitForText: (text) => expect.poll(readOutput, { timeout: TEXT_TIMEOUT_MS, interval: 50 }).toContain(text),
  };
}

/** Ends what a failed test has left. */
export function killProcesses(marker: string): void {
  for (const line of findProcesses(marker)) process.kill(Number.parseInt(line, 10), 'SIGKILL');
}
