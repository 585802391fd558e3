// Runs baselines written in Python: a line of JSON in, a line of JSON out. Installs nothing.

import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** Debian's packages belong to /usr/bin/python3, which need not come first in PATH. */
const PYTHONS = ['/usr/bin/python3', 'python3'];

/** Debian's default library, many times slower than all others. */
const REFERENCE_BLAS = /^libblas\./;

/** `version`: the versions of the module and its BLAS. */
export type PythonSearch = { python: string; version: string } | { missing: string };

/** Finds a Python that has the module, or the reason why there is none to compare with, and the remedy. */
export function findPython(module: 'torch' | 'numpy'): PythonSearch {
  let missing = `there is no python3 with ${module}; on Debian: apt-get install python3-${module} libopenblas0-pthread`;
  for (const python of PYTHONS) {
    const { status, stdout } = spawnSync(python, [scriptPath('probe.py'), module], { encoding: 'utf8' });
    if (status !== 0) continue;
    const { version, blas } = JSON.parse(stdout) as { version: string; blas: string | null };
    if (blas === null || !REFERENCE_BLAS.test(blas))
      return { python, version: `${version}, ${blas ?? 'its own BLAS'}` };
    missing = `${module} ${version} runs on the slow reference BLAS; on Debian: apt-get install libopenblas0-pthread`;
  }
  return { missing };
}

export interface Python {
  /**
   * Sends a request and waits for the answer. Pauses the process between requests, because threads that spin while they
   * wait would take a core from the other side.
   */
  ask<Answer>(request: object): Promise<Answer>;
  end(): void;
}

/** Starts a script of this folder. Its stderr is shown. */
export function startPython(
  python: string,
  script: string,
  argv: readonly string[],
  threads: number,
  environment: Record<string, string> = {},
): Python {
  const limits = ['OMP', 'OPENBLAS', 'MKL'].map((library) => [`${library}_NUM_THREADS`, String(threads)]);
  const child = spawn(python, [scriptPath(script), ...argv], {
    env: { ...process.env, ...Object.fromEntries(limits), ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  // A failed script has no stdin; the next `ask` reports the failure.
  child.stdin.on('error', () => {});
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    async ask<Answer>(request: object) {
      child.kill('SIGCONT');
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const { value, done } = await answers.next();
      child.kill('SIGSTOP');
      if (done) throw new Error(`${script} ended without an answer`);
      return JSON.parse(value) as Answer;
    },
    end() {
      child.kill('SIGCONT');
      child.stdin.end();
    },
  };
}

const scriptPath = (script: string) => path.join(import.meta.dirname, script);
