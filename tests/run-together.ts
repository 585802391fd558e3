// Runs several Node scripts at the same time, for `npm test`. The first prints as it goes; the output of each other one
// is held back until those before it have ended. A script that makes no progress is stopped: vitest's own limits are
// timers beside the test, and do not fire while a command or a loop blocks the thread, or where workerd stands still.
// On Linux, nothing that the scripts started outlives an interrupt.

import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
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
  /** An existing file that the script writes to as long as it makes progress. */
  progress: string;
}

export interface Outcome {
  /** The exit code. */
  code: number;
  /** The processes, as `ps` prints them, of a script that was stopped because it made no progress. */
  stuck: string | undefined;
}

/** Longest wait for the rest of a script's output: a process that it left behind may keep the pipe open. */
const OUTPUT_TIMEOUT_MS = 2_000;
const SWEEP_MS = 100;
const NICENESS_MAX = 19;

/** `silenceMs`: after how long without progress a script is stopped. */
export async function runTogether(runs: readonly Run[], shutdown: Shutdown, silenceMs: number): Promise<Outcome[]> {
  // Every descendant inherits the mark; `findProcesses` looks for it.
  const mark = randomUUID();
  const children = runs.map((run, index) => spawnRun(run, index > 0, `${mark}-${index}`));
  const forgetRuns = shutdown.add(() => endRuns(children, mark));
  const outputs = children.map(holdOutput);
  const outcomes = children.map((child, index) => watchRun(child, runs[index]!, `${mark}-${index}`, silenceMs));
  for (const [index, outcome] of outcomes.entries()) {
    const printed = outputs[index]!();
    await outcome;
    await Promise.race([printed, sleep(OUTPUT_TIMEOUT_MS, undefined, { ref: false })]);
  }
  forgetRuns();
  return Promise.all(outcomes);
}

function spawnRun({ script, args, niceness, progress }: Run, isHeldBack: boolean, mark: string): GuardedProcess {
  const output = isHeldBack ? 'pipe' : 'inherit';
  const child = spawnGuarded(script, args, {
    stdout: output,
    stderr: output,
    // A run within a run keeps the outer mark, so that an interrupt of the outer one finds its processes.
    env: { ...process.env, TEST_RUN: `${process.env.TEST_RUN ?? ''} ${mark}`, TEST_PROGRESS: progress },
  });
  // Only the superuser may lower a niceness, even back to its default.
  if (niceness > 0) os.setPriority(child.pid, Math.min(NICENESS_MAX, os.getPriority() + niceness));
  return child;
}

/** Resolves when the script has ended, or has been stopped. */
async function watchRun(child: GuardedProcess, run: Run, mark: string, silenceMs: number): Promise<Outcome> {
  const ended = child.exited.then((code): Outcome => ({ code: code ?? 1, stuck: undefined }));
  for (;;) {
    const silentUntil = statSync(run.progress).mtimeMs + silenceMs;
    const outcome = await Promise.race([
      ended,
      sleep(Math.max(0, silentUntil - Date.now()), undefined, { ref: false }),
    ]);
    if (outcome !== undefined) return outcome;
    if (Date.now() - statSync(run.progress).mtimeMs < silenceMs) continue;
    const stuck = listProcesses(mark);
    await endRuns([child], mark);
    return { ...(await ended), stuck };
  }
}

/** With the processor time that each has used: one that works for ever differs from one that waits. */
function listProcesses(mark: string): string {
  const pids = findProcesses(mark).map((line) => Number.parseInt(line, 10));
  const { stdout } = spawnSync('ps', ['-o', 'pid,ppid,stat,etime,time,args', '-p', pids.join()], {
    encoding: 'utf8',
    env: { ...process.env, COLUMNS: '200' },
  });
  return stdout ?? '';
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
