// A reporter for vitest: appends each failed test, with its error's message, to the file that FAILURE_LIST names.
// tests/run.ts prints the list after both of its runs, at the end of a long log. Vitest's own reporter prints stacks
// and differences.

import { appendFileSync } from 'node:fs';
import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';

type Failure = Readonly<{ message: string }>;

export default class FailureList implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly Failure[]): void {
    const failed = modules.flatMap((module) => [
      ...listErrors(module.relativeModuleId, module.errors()),
      ...[...module.children.allSuites()].flatMap(listFailedSuite),
      ...[...module.children.allTests('failed')].flatMap(listFailedTest),
    ]);
    const lines = [...failed, ...listErrors('outside a test', unhandled)];
    appendFileSync(process.env.FAILURE_LIST!, lines.map((line) => `${line}\n`).join(''));
  }
}

const nameOf = ({ module, fullName }: TestCase | TestSuite): string => `${module.relativeModuleId} > ${fullName}`;

const listFailedSuite = (suite: TestSuite): string[] => listErrors(nameOf(suite), suite.errors());

const listFailedTest = (test: TestCase): string[] => listErrors(nameOf(test), test.result().errors ?? []);

const listErrors = (where: string, errors: readonly Failure[]): string[] =>
  errors.map(({ message }) => `${where}\n    ${message.replaceAll('\n', '\n    ')}`);
