import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openCheckpoints } from './checkpoints.ts';

const DAY_S = 24 * 60 * 60;
const bytes = (text: string) => new TextEncoder().encode(text);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'checkpoints-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('checkpoints of one data set are kept until the same algorithm writes one of other data', () => {
  const checkpoints = openCheckpoints(path.join(folder, 'training'));
  const names = () => readdirSync(path.join(folder, 'training')).sort();
  expect(checkpoints.read('sasrec-a-1')).toBeUndefined();
  checkpoints.write('sasrec-a-1', bytes('first'));
  checkpoints.write('sasrec-a-2', bytes('second'));
  checkpoints.write('sasrec-a-1', bytes('first again'));
  checkpoints.write('other-b-1', bytes('third'));
  expect(names()).toEqual(['other-b-1', 'sasrec-a-1', 'sasrec-a-2']);
  expect(checkpoints.read('sasrec-a-1')).toEqual(Buffer.from('first again'));

  checkpoints.write('sasrec-b-1', bytes('fourth'));
  expect(names()).toEqual(['other-b-1', 'sasrec-b-1']);
  expect(checkpoints.read('sasrec-a-2')).toBeUndefined();
});

test('keeps files that another process is writing, and deletes those left unfinished more than a day ago', () => {
  const writing = 'sasrec-b-1.4711.unfinished';
  const abandoned = 'sasrec-a-1.4712.unfinished';
  for (const name of [writing, abandoned]) writeFileSync(path.join(folder, name), '');
  const longAgoS = Date.now() / 1000 - 1.1 * DAY_S;
  utimesSync(path.join(folder, abandoned), longAgoS, longAgoS);
  openCheckpoints(folder).write('sasrec-a-1', bytes('mine'));
  expect(readdirSync(folder).sort()).toEqual(['sasrec-a-1', writing]);
});
