import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openFileStore } from './node.ts';
import type { KeptEvent } from './store.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'client-'));
});
afterEach(() => rm(folder, { recursive: true }));

const createKept = (id: string): KeptEvent => ({
  event: { id, userId: 'ann', type: 'search', query: 'x' },
  createdAt: 1,
});

it('a file has the events that were not removed, for the next process', async () => {
  const file = path.join(folder, 'events.json');
  const store = openFileStore(file);
  expect(await store.read()).toEqual([]);
  await Promise.all([store.put([createKept('a')]), store.put([createKept('b'), createKept('c')]), store.remove(['b'])]);
  expect(await openFileStore(file).read()).toEqual([createKept('a'), createKept('c')]);
  const next = openFileStore(file);
  await next.put([createKept('d')]);
  expect(JSON.parse(await readFile(file, 'utf8'))).toHaveLength(3);
});

it('a file that is no list of events counts as empty', async () => {
  const file = path.join(folder, 'events.json');
  for (const text of ['{"event"', 'null', '[null, {"event":{}}]']) {
    await writeFile(file, text);
    expect(await openFileStore(file).read()).toEqual([]);
  }
  await expect(openFileStore(path.join(folder, 'none', 'x')).put([createKept('a')])).rejects.toThrow('ENOENT');
});
