// Runs a command in a process of its own, while the test's process is the account that it works on.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { PROJECT_DIR } from '../../scripts/local/project.ts';

export interface CommandRun {
  stdout: string;
  stderr: string;
  exitCode: number | null;
}

/** `script`: such as `train.ts`. */
export async function runCommand(env: NodeJS.ProcessEnv, script: string, args: readonly string[]): Promise<CommandRun> {
  const child = spawn(process.execPath, [path.join(PROJECT_DIR, 'scripts', script), ...args], { env });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { stdout, stderr, exitCode: child.exitCode };
}
