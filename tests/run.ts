// `npm test`: all tests, in two runs of vitest at the same time. The end-to-end tests share one server and take turns:
// in a single run they would come after all others, with most of the machine idle. They take longest and mostly wait,
// so the others have a lower priority. What a run that got stuck has left is run once more. The tests that failed are
// listed last. With arguments, there is one run of vitest, which gets them.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ensureDevelopmentKey, ensureTokenKey } from '../scripts/local/development-key.ts';
import { PROJECT_DIR } from '../scripts/local/project.ts';
import { handleSignals, INTERRUPTED } from '../scripts/terminal/shutdown.ts';
import { readProgress } from './progress.ts';
import { type Run, runTogether } from './run-together.ts';

const VITEST = path.join(PROJECT_DIR, 'node_modules/vitest/vitest.mjs');
const CACHE = path.join(PROJECT_DIR, 'node_modules/.cache');
const OTHERS_NICENESS = 5;
/** Longer than any test may take. */
const SILENCE_MINUTES = 15;

/** `name`: of the file of its progress. */
function prepareRun(name: string, args: readonly string[], niceness = 0): Run {
  const progress = path.join(CACHE, name);
  writeFileSync(progress, '');
  const reporters = ['--reporter', 'default', '--reporter', path.join(import.meta.dirname, 'progress.ts')];
  return { script: VITEST, args: ['run', ...args, ...reporters], niceness, progress };
}

function listRuns(filters: readonly string[]): Run[] {
  if (filters.length > 0) return [prepareRun('progress-of-some-tests', filters)];
  // Without this flag, vitest prints plain text to a pipe.
  const color = process.stdout.isTTY ? ['--color'] : [];
  return [
    prepareRun('progress-of-tests', ['--project', '!e2e'], OTHERS_NICENESS),
    prepareRun('progress-of-end-to-end-tests', ['--project', 'e2e', ...color]),
  ];
}

interface Result {
  /** Exit codes of the runs of which nothing is left. */
  codes: number[];
  failed: string[];
  /** The files that the stuck runs have left. */
  left: string[];
}

/** Says where a run got stuck. */
async function runTests(runs: readonly Run[]): Promise<Result> {
  const outcomes = await runTogether(runs, shutdown, 60_000 * SILENCE_MINUTES);
  const result: Result = { codes: [], failed: [], left: [] };
  for (const [index, { code, stuck }] of outcomes.entries()) {
    const { failed, running, unfinished } = readProgress(runs[index]!.progress);
    result.failed.push(...failed);
    // A run that got stuck before its first file, or after its last one, has failed.
    if (stuck === undefined || unfinished.length === 0) result.codes.push(code);
    if (stuck === undefined) continue;
    result.left.push(...unfinished);
    console.error(
      `For ${SILENCE_MINUTES} minutes, no test has begun or ended. Running:\n${running.join('\n')}\n\n${stuck}\n` +
        `${unfinished.length} files have not ended.`,
    );
  }
  return result;
}

/** Spares the commands that tests start compiling this project anew: a third of the time of a short one. */
process.env.NODE_COMPILE_CACHE ??= path.join(CACHE, 'compiled');
mkdirSync(CACHE, { recursive: true });
// Made once, here: on a clean clone, each of two runs would make its own.
ensureDevelopmentKey(console.log);
ensureTokenKey(console.log);
const shutdown = handleSignals(INTERRUPTED);
const results = [await runTests(listRuns(process.argv.slice(2)))];
const left = results[0]!.left;
if (left.length > 0) {
  console.error('They are run once more.');
  results.push(await runTests([prepareRun('progress-of-what-was-left', left)]));
}
const failed = results.flatMap((result) => result.failed);
const isComplete = failed.length === 0 && results.at(-1)!.left.length === 0;
process.exitCode = results.flatMap(({ codes }) => codes).find((code) => code !== 0) ?? (isComplete ? 0 : 1);
if (process.exitCode !== 0)
  console.error(['', 'Some tests failed; the runs’ summaries are above.', ...failed].join('\n'));
else if (left.length > 0) console.error(`Stuck at first, and passed when run again: ${left.join(', ')}`);
