// `npm test`: all tests, in two runs of vitest at the same time. The end-to-end tests share one server and take turns:
// in a single run they would come after all others, with most of the machine idle. They take longest and mostly wait,
// so the others have a lower priority. The tests that failed in either run are listed last. With arguments, there is
// one run of vitest, which gets them.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ensureDevelopmentKey, ensureTokenKey } from '../scripts/local/development-key.ts';
import { PROJECT_DIR } from '../scripts/local/project.ts';
import { handleSignals, INTERRUPTED } from '../scripts/terminal/shutdown.ts';
import { type Run, runTogether } from './run-together.ts';

const VITEST = path.join(PROJECT_DIR, 'node_modules/vitest/vitest.mjs');
const CACHE = path.join(PROJECT_DIR, 'node_modules/.cache');
const OTHERS_NICENESS = 5;

const runVitest = (args: readonly string[], niceness = 0): Run => ({
  script: VITEST,
  args: ['run', ...args],
  niceness,
});

function listRuns(filters: readonly string[]): Run[] {
  if (filters.length > 0) return [runVitest(filters)];
  // Without this flag, vitest prints plain text to a pipe.
  const color = process.stdout.isTTY ? ['--color'] : [];
  const reporters = ['--reporter', 'default', '--reporter', path.join(import.meta.dirname, 'failure-list.ts')];
  return [
    runVitest(['--project', '!e2e', ...reporters], OTHERS_NICENESS),
    runVitest(['--project', 'e2e', ...reporters, ...color]),
  ];
}

/** Spares the commands that tests start compiling this project anew: a third of the time of a short one. */
process.env.NODE_COMPILE_CACHE ??= path.join(CACHE, 'compiled');
const failureList = path.join(CACHE, 'failed-tests');
mkdirSync(CACHE, { recursive: true });
writeFileSync(failureList, '');
process.env.FAILURE_LIST = failureList;
// Made once, here: on a clean clone, each of two runs would make its own.
ensureDevelopmentKey(console.log);
ensureTokenKey(console.log);
const runs = listRuns(process.argv.slice(2));
process.exitCode = await runTogether(runs, handleSignals(INTERRUPTED));
if (process.exitCode !== 0 && runs.length > 1) {
  console.error(`Some tests failed; both runs have a summary above.\n${readFileSync(failureList, 'utf8')}`);
}
