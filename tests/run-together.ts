// Runs several Node scripts at the same time, for `npm test`. The first prints as it goes; the output of each other one
// is held back until those before it have ended. On Linux, nothing that they started outlives an interrupt.

import { randomUUID } from 'node:crypto';
import os from 'node:os';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type GuardedProcess, spawnGuarded } from '../scripts/local/guarded-process.ts';
import type { Shutdown } from '../scripts/terminal/shutdown.ts';
import { findProcesses } from './processes.ts';

export interface Run {
  script: string;
  args: readonly string[];
  /** Added to this process's own niceness: the higher, the more processor time is left to the other scripts. */
  niceness: number;
}

/** Longest wait for the rest of a script's output: a process that it left behind may keep the pipe open. */
const OUTPUT_TIMEOUT_MS = 2_000;
const SWEEP_MS = 100;
const NICENESS_MAX = 19;

/** Resolves with the exit code of the first script that failed; 0 if none did. */
export async function runTogether(runs: readonly Run[], shutdown: Shutdown): Promise<number> {
  // Every descendant inherits the mark; `findProcesses` looks for it.
  const mark = randomUUID();
  const children = runs.map((run, index) => spawnRun(run, index > 0, mark));
  shutdown.add(() => endRuns(children, mark));
  const outputs = children.map(holdOutput);
  const codes: number[] = [];
  for (const [index, child] of children.entries()) {
    const release = outputs[index]!;
    const printed = release();
    codes.push((await child.exited) ?? 1);
    await Promise.race([printed, sleep(OUTPUT_TIMEOUT_MS, undefined, { ref: false })]);
  }
  return codes.find((code) => code !== 0) ?? 0;
}

function spawnRun({ script, args, niceness }: Run, isHeldBack: boolean, mark: string): GuardedProcess {
  const output = isHeldBack ? 'pipe' : 'inherit';
  const child = spawnGuarded(script, args, {
    stdout: output,
    stderr: output,
    // A run within a run keeps the outer mark, so that an interrupt of the outer one finds its processes.
    env: { ...process.env, TEST_RUN: `${process.env.TEST_RUN ?? ''} ${mark}` },
  });
  // Only the superuser may lower a niceness, even back to its default.
  if (niceness > 0) os.setPriority(child.pid, Math.min(NICENESS_MAX, os.getPriority() + niceness));
  return child;
}

/** Holds output back. Returns a function that prints it and then the rest, and resolves at the end of the output. */
function holdOutput({ stdout, stderr }: GuardedProcess): () => Promise<unknown> {
  if (stdout === null || stderr === null) return async () => {};
  const held: (() => void)[] = [];
  let print = (write: () => void) => {
    held.push(write);
  };
  stdout.on('data', (chunk: Buffer) => print(() => process.stdout.write(chunk)));
  stderr.on('data', (chunk: Buffer) => print(() => process.stderr.write(chunk)));
  const ended = Promise.allSettled([finished(stdout), finished(stderr)]);
  return () => {
    for (const write of held) write();
    print = (write) => {
      write();
    };
    return ended;
  };
}

/** Stops the scripts, then kills what they left: tests start processes in groups of their own, which live on. */
async function endRuns(children: readonly GuardedProcess[], mark: string): Promise<void> {
  await Promise.all(children.map((child) => child.stop()));
  for (let left = findProcesses(mark); left.length > 0; left = findProcesses(mark)) {
    for (const line of left) killIfRunning(Number.parseInt(line, 10));
    await sleep(SWEEP_MS);
  }
}

function killIfRunning(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
