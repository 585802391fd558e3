// Ends what a command has started before the command itself ends: on Ctrl-C, SIGTERM, SIGHUP, or normally. SIGKILL
// cannot be handled.

import { spawnSync } from 'node:child_process';

/** The exit code that shells report after SIGINT: 128 and the number of the signal. */
export const INTERRUPTED = 130;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const PARENT_POLL_MS = 500;
/**
 * npm repeats the Ctrl-C that the terminal has sent already: an interrupt this soon after the first is the same one.
 */
export const SAME_INTERRUPT_MS = 500;

export interface Shutdown {
  /** Registers a step; the last one registered runs first. Returns a function that unregisters the step. */
  add(step: () => Promise<void> | void): () => void;
  /** Runs the steps and exits the process. A second call waits for the first. */
  exit(code: number): Promise<never>;
  readonly started: boolean;
  /** True after the death of the parent: steps should not wait. */
  readonly urgent: boolean;
}

/**
 * Handles signals from now on: the first begins the shutdown, a second one ends the process at once. `code`: the exit
 * code after a signal.
 */
export function handleSignals(code: number): Shutdown {
  const steps = new Set<() => Promise<void> | void>();
  let started = false;
  let urgent = false;
  const shutdown: Shutdown = {
    add(step) {
      steps.add(step);
      // A shutdown may have begun while the caller was waiting for something.
      if (started) step();
      return () => void steps.delete(step);
    },
    async exit(exitCode) {
      if (started) return new Promise(() => {});
      started = true;
      for (const step of [...steps].reverse()) await runStep(step);
      process.exit(exitCode);
    },
    get started() {
      return started;
    },
    get urgent() {
      return urgent;
    },
  };
  let signalledAt: number | undefined;
  const onSignal = () => {
    const now = performance.now();
    signalledAt ??= now;
    // Guarded children end with this process.
    if (now - signalledAt >= SAME_INTERRUPT_MS) process.exit(code);
    void shutdown.exit(code);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  if (process.env.npm_lifecycle_event !== undefined)
    watchParent(() => {
      urgent = true;
      void shutdown.exit(code);
    });
  return shutdown;
}

/** A step that fails must not keep the others, or the end of the process, from happening. */
async function runStep(step: () => Promise<void> | void): Promise<void> {
  try {
    await step();
  } catch (error) {
    console.error(`while shutting down: ${(error as Error).message}`);
  }
}

/**
 * npm passes a SIGTERM on to the shell between npm and this process; the shell ends without telling its children. After
 * a SIGKILL of npm the shell stays, and tells nobody either.
 */
function watchParent(onEnd: () => void): void {
  const parent = process.ppid;
  const npm = findNpm(parent);
  const timer = setInterval(() => {
    if (process.ppid === parent && (npm === undefined || isRunning(npm))) return;
    clearInterval(timer);
    onEnd();
  }, PARENT_POLL_MS);
  timer.unref();
}

/** The process above the shell; undefined if npm started this process without a shell. */
function findNpm(parent: number): number | undefined {
  const { stdout } = spawnSync('ps', ['-o', 'ppid=,comm=', '-p', String(parent)], { encoding: 'utf8' });
  const [, pid, command] = /^\s*(\d+)\s+(.*\S)/.exec(stdout ?? '') ?? [];
  return command !== undefined && /sh$/.test(command) ? Number(pid) : undefined;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
