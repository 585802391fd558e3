// Runs other commands of this project as children that end with `npm start`.

import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Shutdown } from '../terminal/shutdown.ts';

const RESTART_MS = 10_000;
const STOP_TIMEOUT_MS = 5_000;

/** Resolves when the script has succeeded, and never once the shutdown has begun. */
export async function runScript(shutdown: Shutdown, script: string, args: readonly string[]): Promise<void> {
  const child = spawnScript(script, args);
  const forget = shutdown.add(() => stopChild(child));
  const exitCode = await exitOf(child);
  if (shutdown.started) return new Promise(() => {});
  forget();
  if (exitCode !== 0) throw new Error(`${script} ended with exit code ${exitCode}; its messages are above`);
}

/** Keeps the script running: starts it again after it has ended. */
export function keepScriptRunning(shutdown: Shutdown, script: string, args: readonly string[]): void {
  let child: ChildProcess;
  const start = () => {
    if (shutdown.started) return;
    child = spawnScript(script, args);
    child.once('exit', () => setTimeout(start, RESTART_MS));
  };
  start();
  shutdown.add(() => stopChild(child));
}

const spawnScript = (script: string, args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [path.join(import.meta.dirname, '..', script), ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });

/** The exit code; null after a signal. */
const exitOf = (child: ChildProcess): Promise<number | null> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise((resolve) => child.once('exit', resolve));

async function stopChild(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  await Promise.race([exitOf(child), sleep(STOP_TIMEOUT_MS)]);
  child.kill('SIGKILL');
}
