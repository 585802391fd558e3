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

/** Digests of two data sets. */
const [A, B] = ['0123456789ab', 'ba9876543210'];

test('checkpoints of one data set are kept until the same algorithm writes one of other data', () => {
  const checkpoints = openCheckpoints(path.join(folder, 'training'));
  const names = () => readdirSync(path.join(folder, 'training')).sort();
  expect(checkpoints.read(`sasrec-${A}-1`)).toBeUndefined();
  checkpoints.write(`sasrec-${A}-1`, bytes('first'));
  checkpoints.write(`sasrec-${A}-2`, bytes('second'));
  checkpoints.write(`sasrec-${A}-1`, bytes('first again'));
  checkpoints.write(`other-${B}-1`, bytes('third'));
  expect(names()).toEqual([`other-${B}-1`, `sasrec-${A}-1`, `sasrec-${A}-2`]);
  expect(checkpoints.read(`sasrec-${A}-1`)).toEqual(Buffer.from('first again'));

  checkpoints.write(`sasrec-${B}-1`, bytes('fourth'));
  expect(names()).toEqual([`other-${B}-1`, `sasrec-${B}-1`]);
  expect(checkpoints.read(`sasrec-${A}-2`)).toBeUndefined();
});

test('an algorithm whose name has hyphens loses its checkpoints of other data, and no other algorithm’s', () => {
  const checkpoints = openCheckpoints(folder);
  for (const name of [`item-knn-${A}-1`, `item-vectors-${A}-1`, `item-knn-${B}-1`])
    checkpoints.write(name, bytes(name));
  expect(readdirSync(folder).sort()).toEqual([`item-knn-${B}-1`, `item-vectors-${A}-1`]);
});

test('keeps files that another process is writing, and deletes those left unfinished more than a day ago', () => {
  const writing = `sasrec-${B}-1.4711.unfinished`;
  const abandoned = `sasrec-${A}-1.4712.unfinished`;
  for (const name of [writing, abandoned]) writeFileSync(path.join(folder, name), '');
  const longAgoS = Date.now() / 1000 - 1.1 * DAY_S;
  utimesSync(path.join(folder, abandoned), longAgoS, longAgoS);
  openCheckpoints(folder).write(`sasrec-${A}-1`, bytes('mine'));
  expect(readdirSync(folder).sort()).toEqual([`sasrec-${A}-1`, writing]);
});
