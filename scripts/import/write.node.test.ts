import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readEventPage } from '../../workers/storage/events.ts';
import { deleteItem, listItems, patchItem } from '../../workers/storage/items.ts';
import { openPlatform, type Platform } from '../local/platform.ts';
import { importFile } from './write.ts';

const NOW = Date.UTC(2026, 0, 31, 12);
const LATER = NOW + 86_400_000;

let folder: string;
let platform: Platform;
let other: Platform;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'import-'));
  platform = await openPlatform(path.join(folder, 'one'));
  other = await openPlatform(path.join(folder, 'two'));
}, 60_000);
afterAll(async () => {
  await platform?.dispose();
  await other?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const readLog = async (db: D1Database) =>
  (await readEventPage(db, 0, 100_000)).map(({ sequence: _, ...event }) => event);

test('an interrupted import resumes and gives the same log; a finished one is not repeated', async () => {
  const file = path.join(folder, 'sequences.txt');
  // More than one write's worth, and lines to skip on both sides of the stop.
  const lines = Array.from({ length: 25_000 }, (_, index) =>
    index % 5_000 === 7 ? 'broken' : `u${index % 40} g${index % 90}`,
  );
  writeFileSync(file, `${lines.join('\n')}\n`);
  const request = { format: 'sequences', path: file } as const;

  const part = await importFile(platform.DB, { ...request, limit: 12_345 }, NOW);
  expect(part).toMatchObject({ itemsWritten: 90, interactionsRead: 12_345, interactionsWritten: 12_345 });
  const again = await importFile(platform.DB, { ...request, limit: 12_345 }, LATER);
  expect(again).toMatchObject({ itemsWritten: 0, interactionsRead: 12_345, interactionsWritten: 0 });

  await patchItem(platform.DB, 'g1', { title: 'A name of its own' });
  await deleteItem(platform.DB, 'g2', NOW);
  const rest = await importFile(platform.DB, request, LATER);
  expect(rest).toMatchObject({
    alreadyDone: false,
    itemsWritten: 0,
    interactionsRead: 24_995,
    interactionsWritten: 12_650,
  });
  expect(rest.skipped).toEqual([
    { reason: 'is not "user item"', count: 5, examples: [8, 5008, 10008].map((line) => `sequences.txt:${line}`) },
  ]);

  await importFile(other.DB, request, NOW);
  expect(await readLog(platform.DB)).toEqual(await readLog(other.DB));
  expect(await importFile(platform.DB, request, LATER)).toMatchObject({ alreadyDone: true, interactionsRead: 0 });
}, 120_000);

test('another catalogue for the same interactions writes its items and no interaction twice', async () => {
  const file = path.join(folder, 'pairs.txt');
  const items = path.join(folder, 'items.jsonl');
  writeFileSync(file, 'anna z1\nanna z2\n');
  writeFileSync(items, '{"itemId":"z1","title":"First"}\n{"itemId":"z2"}\n');
  await importFile(platform.DB, { format: 'sequences', path: file }, NOW);
  const second = await importFile(platform.DB, { format: 'sequences', path: file, itemsPath: items }, LATER);
  expect(second).toMatchObject({ itemsWritten: 1, interactionsRead: 2, interactionsWritten: 0 });
  expect((await listItems(platform.DB, {}, 'z', 10)).map((item) => item.title)).toEqual(['First', 'Item z2']);
  expect((await readLog(platform.DB)).filter((event) => event.userId === 'anna')).toHaveLength(2);
}, 60_000);
