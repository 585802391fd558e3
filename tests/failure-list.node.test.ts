import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { PROJECT_DIR } from '../scripts/local/project.ts';

const API = path.join(PROJECT_DIR, 'node_modules/vitest/dist/index.js');
const SOURCE = `
  import { beforeAll, describe, expect, test } from ${JSON.stringify(API)};
  test('holds', () => {});
  describe('sums', () => test('adds', () => expect(1 + 1, 'the sum').toBe(3)));
  describe('stores', () => {
    beforeAll(() => { throw new Error('no store'); });
    test('keeps', () => {});
  });
  test('leaves a promise', () => { Promise.reject(new Error('unheard')); });`;

test('lists failed tests, suites and files, and errors outside of tests', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'failures-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(path.join(folder, 'a.test.mjs'), SOURCE);
  writeFileSync(path.join(folder, 'b.test.mjs'), `throw new Error('cannot\\nbegin');`);
  const list = path.join(folder, 'failed');
  const reporter = path.join(import.meta.dirname, 'failure-list.ts');
  const vitest = path.join(PROJECT_DIR, 'node_modules/vitest/vitest.mjs');
  spawnSync(process.execPath, [vitest, 'run', '--root', folder, '--maxWorkers', '1', '--reporter', reporter], {
    env: { ...process.env, FAILURE_LIST: list },
  });
  expect(readFileSync(list, 'utf8').split('\n').sort()).toEqual(
    [
      '',
      'a.test.mjs > sums > adds',
      '    the sum: expected 2 to be 3 // Object.is equality',
      'a.test.mjs > stores',
      '    no store',
      'b.test.mjs',
      '    cannot',
      '    begin',
      'outside a test',
      '    unheard',
    ].sort(),
  );
});
