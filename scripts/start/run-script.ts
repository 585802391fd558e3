// Runs other commands of this project as children that end with the command that runs them.

import path from 'node:path';
import { text } from 'node:stream/consumers';
import { type GuardedProcess, spawnGuarded } from '../local/guarded-process.ts';
import type { Shutdown } from '../terminal/shutdown.ts';

const RESTART_MS = 10_000;
const SCRIPTS_DIR = path.join(import.meta.dirname, '..');

/**
 * Resolves when the script has succeeded, and never once the shutdown has begun. `script`: its path within scripts/.
 */
export async function runScript(shutdown: Shutdown, script: string, args: readonly string[]): Promise<void> {
  await waitForSuccess(shutdown, script, spawnScript(script, args, 'inherit'));
}

/** The same for a script that prints one JSON value on stdout. Resolves with that value. */
export async function readScript<T>(shutdown: Shutdown, script: string, args: readonly string[]): Promise<T> {
  const child = spawnScript(script, args, 'pipe');
  const [output] = await Promise.all([text(child.stdout!), waitForSuccess(shutdown, script, child)]);
  return JSON.parse(output) as T;
}

/** Keeps the script running: starts it again after it has ended. */
export function keepScriptRunning(shutdown: Shutdown, script: string, args: readonly string[]): void {
  let child: GuardedProcess;
  const start = () => {
    if (shutdown.started) return;
    child = spawnScript(script, args, 'inherit');
    child.exited.then(() => setTimeout(start, RESTART_MS));
  };
  start();
  shutdown.add(() => child.stop());
}

const spawnScript = (script: string, args: readonly string[], stdout: 'inherit' | 'pipe'): GuardedProcess =>
  spawnGuarded(path.join(SCRIPTS_DIR, script), args, { stdout, stderr: 'inherit' });

async function waitForSuccess(shutdown: Shutdown, script: string, child: GuardedProcess): Promise<void> {
  const forget = shutdown.add(child.stop);
  const exitCode = await child.exited;
  if (shutdown.started) return new Promise(() => {});
  forget();
  if (exitCode !== 0) throw new Error(`${script} ended with exit code ${exitCode}; its messages are above`);
}
