// A reporter for vitest, for tests/run.ts, and what run.ts reads of it: which tests failed, to be listed at the end of
// a long log, and which never ended. It appends to the file that TEST_PROGRESS names, so that nothing is lost if the
// run is killed. Vitest's own reporter prints stacks.

import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Reporter, TestCase, TestModule, TestSpecification, TestSuite } from 'vitest/node';

type Failure = Readonly<{ message: string; diff?: string }>;

const DIFF_LINES_MAX = 40;

/** A line of the file. `planned` are files; what begins and ends is a file or a test. */
type Line = { planned: string[] } | { begun: string } | { ended: string; failed: string[] };

export interface Progress {
  /** A line with the name of each failed test, suite or file, and lines with its errors. */
  failed: string[];
  /** Files and tests that have begun and not ended. */
  running: string[];
  /** Files that have not ended: those that are running, and those that have not begun. */
  unfinished: string[];
}

export default class ProgressReporter implements Reporter {
  onTestRunStart(specifications: readonly TestSpecification[]): void {
    append({ planned: specifications.map(({ project, moduleId }) => path.relative(project.config.root, moduleId)) });
  }

  onTestModuleQueued({ relativeModuleId }: TestModule): void {
    append({ begun: relativeModuleId });
  }

  onTestCaseReady(test: TestCase): void {
    append({ begun: nameOf(test) });
  }

  onTestCaseResult(test: TestCase): void {
    append({ ended: nameOf(test), failed: test.ok() ? [] : listErrors(nameOf(test), test.result().errors ?? []) });
  }

  onTestModuleEnd(module: TestModule): void {
    const failed = [...module.children.allSuites()].flatMap((suite) => listErrors(nameOf(suite), suite.errors()));
    append({
      ended: module.relativeModuleId,
      failed: [...listErrors(module.relativeModuleId, module.errors()), ...failed],
    });
  }

  onTestRunEnd(_: readonly TestModule[], unhandled: readonly Failure[]): void {
    append({ ended: 'the run', failed: listErrors('outside a test', unhandled) });
  }
}

const append = (line: Line): void => appendFileSync(process.env.TEST_PROGRESS!, `${JSON.stringify(line)}\n`);

const nameOf = ({ module, fullName }: TestCase | TestSuite): string => `${module.relativeModuleId} > ${fullName}`;

/** The message of a comparison abridges its values. */
const listErrors = (where: string, errors: readonly Failure[]): string[] =>
  errors.flatMap(({ message, diff }) => {
    const compared = diff === undefined ? [] : stripVTControlCharacters(diff).split('\n').slice(0, DIFF_LINES_MAX);
    const lines = [...message.split('\n'), ...compared].filter((line) => line.trim() !== '');
    return [where, ...lines.map((line) => `    ${line}`)];
  });

export function readProgress(file: string): Progress {
  const failed: string[] = [];
  const running = new Set<string>();
  const unfinished = new Set<string>();
  for (const text of readFileSync(file, 'utf8').split('\n').slice(0, -1)) {
    const line = JSON.parse(text) as Line;
    if ('planned' in line) for (const name of line.planned) unfinished.add(name);
    else if ('begun' in line) running.add(line.begun);
    else {
      running.delete(line.ended);
      unfinished.delete(line.ended);
      failed.push(...line.failed);
    }
  }
  return { failed, running: [...running], unfinished: [...unfinished] };
}
