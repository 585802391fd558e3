import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { PROJECT_DIR } from '../scripts/local/project.ts';
import { readProgress } from './progress.ts';

const API = path.join(PROJECT_DIR, 'node_modules/vitest/dist/index.js');
const SOURCE = `
  import { beforeAll, describe, expect, test } from ${JSON.stringify(API)};
  test('holds', () => {});
  describe('sums', () => test('adds', () => expect([{ sum: 1 + 1 }], 'the sum').toEqual([{ sum: 3 }])));
  describe('stores', () => {
    beforeAll(() => { throw new Error('no store'); });
    test('keeps', () => {});
  });
  test('leaves a promise', () => { Promise.reject(new Error('unheard')); });`;

test('lists failed tests, suites and files, errors outside of tests, and what has not ended', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'progress-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(path.join(folder, 'a.test.mjs'), SOURCE);
  writeFileSync(path.join(folder, 'b.test.mjs'), `throw new Error('cannot\\nbegin');`);
  const file = path.join(folder, 'progress');
  const reporter = path.join(import.meta.dirname, 'progress.ts');
  const vitest = path.join(PROJECT_DIR, 'node_modules/vitest/vitest.mjs');
  const { stderr } = spawnSync(
    process.execPath,
    [vitest, 'run', '--root', folder, '--maxWorkers', '1', '--reporter', reporter],
    { encoding: 'utf8', timeout: 120_000, env: { ...process.env, TEST_PROGRESS: file } },
  );
  const { failed, running, unfinished } = readProgress(file);
  expect(failed.sort(), stderr).toEqual(
    [
      'a.test.mjs > sums > adds',
      '    the sum: expected [ { sum: 2 } ] to deeply equal [ { sum: 3 } ]',
      ...['- Expected', '+ Received', '  [', '    {', '-     "sum": 3,', '+     "sum": 2,', '    },', '  ]'].map(
        (line) => `    ${line}`,
      ),
      'a.test.mjs > stores',
      '    no store',
      'b.test.mjs',
      '    cannot',
      '    begin',
      'outside a test',
      '    unheard',
    ].sort(),
  );
  expect([running, unfinished]).toEqual([[], []]);

  // As a run writes them that is killed in its third test.
  const lines = readFileSync(file, 'utf8').split('\n');
  const killedAt = lines.findIndex((line) => line.includes('leaves a promise')) + 1;
  writeFileSync(file, `${lines.slice(0, killedAt).join('\n')}\n`);
  appendFileSync(file, '{"ended":"a.te');
  const killed = readProgress(file);
  expect(killed.running.sort()).toEqual(['a.test.mjs', 'a.test.mjs > leaves a promise']);
  expect(killed.unfinished).toContain('a.test.mjs');
  expect(killed.failed).toContain('a.test.mjs > sums > adds');
});
