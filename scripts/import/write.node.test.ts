import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { insertErasedUsers, openUserHash } from '../../workers/storage/erased-users.ts';
import { readEventPage } from '../../workers/storage/events.ts';
import { exportEvents } from '../../workers/storage/export-events.ts';
import { deleteItem, listItems, patchItem } from '../../workers/storage/items.ts';
import { chooseShard } from '../../workers/storage/log-shards.ts';
import { trimEvents } from '../../workers/storage/trim-events.ts';
import { openPlatform, type Platform } from '../local/platform.ts';
import { fileCache } from '../log/fetch-files.ts';
import { type ImportRequest, importFiles } from './write.ts';

const NOW = Date.UTC(2026, 0, 31, 12);
const LATER = NOW + 86_400_000;
const SECONDS = 1_700_000_000;

let folder: string;
let platform: Platform;
let other: Platform;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'import-'));
  platform = await openPlatform(path.join(folder, 'one'));
  other = await openPlatform(path.join(folder, 'two'));
});
afterAll(async () => {
  await platform?.dispose();
  await other?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const readLog = async (db: D1Database) =>
  (await readEventPage(db, 0, 100_000)).map(({ sequence: _, ...event }) => event);
const readTitles = async (afterId: string, limit: number) =>
  (await listItems(platform.DB, {}, afterId, limit)).map((item) => item.title);
const countImports = () => platform.DB.prepare('select count(*) as n from imports').first<number>('n');

function write(name: string, content: string | Uint8Array): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

/** The same database, whose transactions fail after some. */
const failAfter = (db: D1Database, transactions: number): D1Database =>
  new Proxy(db, {
    get(target, name) {
      if (name === 'batch' && transactions-- <= 0) return () => Promise.reject(new Error('D1_ERROR: out of order'));
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

test('an interrupted import resumes and gives the same log; a finished one is not repeated', async () => {
  // More than two writes' worth, and lines to skip on both sides of the stop.
  const lines = Array.from({ length: 25_000 }, (_, index) =>
    index % 5_000 === 7 ? 'broken' : `u${index % 40} g${index % 9_001}`,
  );
  const request: ImportRequest = { format: 'sequences', path: write('sequences.txt', `${lines.join('\n')}\n`) };

  const part = await importFiles(platform, { ...request, limit: 12_345 }, NOW);
  expect(part).toMatchObject({ placeholdersWritten: 9_001, interactionsRead: 12_345, interactionsWritten: 12_345 });
  const again = await importFiles(platform, { ...request, limit: 12_345 }, LATER);
  expect(again).toMatchObject({ placeholdersWritten: 0, interactionsRead: 12_345, interactionsWritten: 0 });

  await patchItem(platform.DB, 'g1', { title: 'A name of its own' });
  await deleteItem(platform.DB, 'g2', NOW);
  const failing = failAfter(platform.DB, 1);
  await expect(importFiles({ ...platform, LOG_0: failing }, request, LATER)).rejects.toThrow('out of order');
  const rest = await importFiles(platform, request, LATER);
  expect(rest).toMatchObject({ alreadyDone: false, resumedAfter: 22_345, placeholdersWritten: 0 });
  expect(rest.interactionsWritten).toBe(24_995 - 22_345);
  expect(rest.skipped).toEqual([
    { reason: 'userId: is missing', count: 5, examples: [8, 5008, 10008].map((row) => `row ${row}`) },
  ]);

  await importFiles(other, request, NOW);
  expect(await readLog(platform.DB)).toEqual(await readLog(other.DB));
  const players = 'select user_id, last_event_at from users order by user_id';
  expect((await platform.DB.prepare(players).all()).results).toEqual((await other.DB.prepare(players).all()).results);
  expect(await importFiles(platform, request, LATER)).toMatchObject({ alreadyDone: true, interactionsRead: 0 });
});

test('what is imported is known by its content: not by the name, the size or the folder of a file', async () => {
  const line = (user: string, film: string, value = '4') => `${user},${film},${value},${SECONDS}\n`;
  const header = 'userId,movieId,rating,timestamp\n';
  const ratings = write('ratings.csv', `${header}${line('m1', 'm7')}${line('m1', 'm7', '4.0')}${line('m2', 'm7')}`);
  write('movies.csv', 'movieId,title,genres\nm7,Amelie,Comedy\n');
  const run = (file = ratings) => importFiles(platform, { path: file }, LATER);
  // Two lines that say the same are one event.
  expect(await run()).toMatchObject({ itemsWritten: 1, interactionsRead: 3, interactionsWritten: 2 });

  const renamed = path.join(folder, 'renamed.csv');
  renameSync(ratings, renamed);
  expect(await run(renamed)).toMatchObject({ alreadyDone: true });
  renameSync(renamed, ratings);

  writeFileSync(
    ratings,
    `${header}${line('m1', 'm7')}${line('m1', 'm7', '4.0')}${line('m2', 'm7')}${line('m3', 'm7')}`,
  );
  await patchItem(platform.DB, 'm7', { title: 'A name of its own' });
  expect(await run()).toMatchObject({ itemsWritten: 0, interactionsRead: 4, interactionsWritten: 1 });
  expect(await readTitles('m6', 1)).toEqual(['A name of its own']);

  // The same size as before.
  write('movies.csv', 'movieId,title,genres\nm7,Amelia,Comedy\n');
  expect(await run()).toMatchObject({ itemsWritten: 1, interactionsRead: 0, interactionsWritten: 0 });
  expect(await readTitles('m6', 1)).toEqual(['Amelia']);
});

test('another catalogue for the same interactions writes its items and no interaction twice', async () => {
  const file = write('pairs.txt', 'anna z1\nanna z2\n');
  const items = write('items.jsonl', '{"itemId":"z1","title":"First"}\n{"itemId":"z2","title":null}\n');
  const first = await importFiles(platform, { path: file }, NOW);
  expect(first).toMatchObject({ format: 'sequences', placeholdersWritten: 2 });
  const second = await importFiles(platform, { path: file, itemsPath: items }, LATER);
  expect(second).toMatchObject({ itemsWritten: 1, interactionsWritten: 0 });
  expect(await readTitles('z', 10)).toEqual(['First', 'Item z2']);
  expect((await readLog(platform.DB)).filter((event) => event.userId === 'anna')).toHaveLength(2);
});

test('a catalogue that is reverted is applied again', async () => {
  const file = write('reverted.txt', 'anna y1\n');
  const apply = async (title: string) => {
    const items = write('reverted.csv', `itemId,title\ny1,${title}\n`);
    const { alreadyDone } = await importFiles(platform, { path: file, itemsPath: items }, NOW);
    return [alreadyDone, ...(await readTitles('y', 1))];
  };
  const applied = [await apply('A'), await apply('A'), await apply('B'), await apply('A')];
  expect(applied).toEqual([
    [false, 'A'],
    [true, 'A'],
    [false, 'B'],
    [false, 'A'],
  ]);
});

test('an export with only events or only items is imported; one with neither is refused', async () => {
  const event = { kind: 'event', id: 'e1', userId: 'only', type: 'play', itemId: 'o1', timestamp: SECONDS * 1000 };
  const item = { kind: 'item', itemId: 'o1', title: 'Only' };
  const run = (row: unknown) => importFiles(platform, { path: write('only.jsonl', `${JSON.stringify(row)}\n`) }, NOW);
  expect(await run(item)).toMatchObject({ itemsWritten: 1, interactionsWritten: 0 });
  expect(await run(event)).toMatchObject({ itemsWritten: 0, interactionsWritten: 1 });
  await expect(run({ kind: 'item', title: 'Only' })).rejects.toThrow('none of the 1 items can be taken');
});

test('files of which nothing or less than half can be taken are refused, with what they look like', async () => {
  const before = [await countImports(), (await readLog(platform.DB)).length];
  const half = write('half.csv', `user_id,item_id,time\nr1,a,${SECONDS}\nr2,a,soon\nr3,a,later\n`);
  const utf16 = write('utf16.csv', Buffer.from(`\ufeffuser_id,item_id,time\nr1,a,soon\n`, 'utf16le'));
  const empty = write('empty.csv', 'user_id,item_id,time\n');
  const badItems = write('bad.csv', 'itemId,title\n,A\nx,\ny,B\n');
  const pairs = write('more-pairs.txt', 'r1 a\n');
  const refused: [ImportRequest, RegExp][] = [
    [
      { path: half },
      /only 1 of the 3 interactions can be taken; nothing was written[\s\S]*2 × timestamp: is not a time/,
    ],
    [{ path: utf16 }, /none of the 1 interactions can be taken[\s\S]*utf16\.csv \(UTF-16\)/],
    [{ path: empty }, /the files contain no interactions/],
    [{ path: pairs, itemsPath: badItems }, /only 1 of the 3 items can be taken/],
  ];
  for (const [request, message] of refused) {
    await expect(importFiles(platform, request, LATER)).rejects.toThrow(message);
    await expect(importFiles(platform, request, LATER)).rejects.toThrow(message);
  }
  expect([await countImports(), (await readLog(platform.DB)).length]).toEqual(before);
});

test('a player who was erased does not come back by importing the old file again', async () => {
  const timed = write('erased.csv', `user_id,item_id,time\ne1,a,${SECONDS}\ne2,a,${SECONDS}\ne1,b,${NOW / 1000}\n`);
  const pairs = write('erased.txt', 'e1 a\ne3 a\n');
  // The player's clock was ahead.
  const ahead = { id: 'ahead', userId: 'e1', itemId: 'c', timestamp: SECONDS * 1000 + 2, receivedAt: SECONDS * 1000 };
  const own = write('erased.jsonl', `${JSON.stringify({ kind: 'event', type: 'play', ...ahead })}\n`);
  const hash = await openUserHash(platform.DB);
  await insertErasedUsers(platform.DB, [hash('e1')], SECONDS * 1000 + 1).run();
  expect(await importFiles(platform, { path: timed }, LATER)).toMatchObject({
    ...{ interactionsRead: 2, interactionsWritten: 2, interactionsErased: 1, skipped: [] },
  });
  // Made-up times say nothing about before and after.
  expect(await importFiles(platform, { path: pairs }, LATER)).toMatchObject({ interactionsWritten: 1 });
  // A file with nothing else is done, not refused.
  expect(await importFiles(platform, { path: own }, LATER)).toMatchObject({
    ...{ interactionsWritten: 0, interactionsErased: 1 },
  });
  expect(await importFiles(platform, { path: own }, LATER)).toMatchObject({ alreadyDone: true });
  const log = (await readLog(platform.DB)).filter(({ userId }) => userId.startsWith('e'));
  expect(log.map(({ userId, itemId }) => [userId, itemId])).toEqual([
    ['e1', 'b'],
    ['e2', 'a'],
    ['e3', 'a'],
  ]);
});

test('an import that resumes after an erasure writes every row of the others', async () => {
  const lines = Array.from({ length: 60 }, (_, index) => `r${index % 6} g${index}`);
  const request: ImportRequest = { format: 'sequences', path: write('resumed.txt', `${lines.join('\n')}\n`) };
  await importFiles(platform, { ...request, limit: 30 }, NOW);
  await eraseUser('r0', NOW + 1);
  const rest = await importFiles(platform, request, LATER);
  expect(rest).toMatchObject({ resumedAfter: 30, interactionsRead: 50, interactionsWritten: 30 });
  const log = (await readLog(platform.DB)).filter(({ userId }) => /^r\d$/.test(userId));
  expect(log.map(({ itemId }) => itemId).toSorted()).toEqual(
    lines.flatMap((line) => (line.startsWith('r0') ? [] : line.split(' ')[1]!)).toSorted(),
  );
  expect(await importFiles(platform, request, LATER)).toMatchObject({ alreadyDone: true });
});

test('a player who is erased during an import stays erased', async () => {
  const lines = Array.from({ length: 25_000 }, (_, index) => `d${index % 5} g${index}`);
  const request: ImportRequest = { format: 'sequences', path: write('during.txt', `${lines.join('\n')}\n`) };
  // d0 has been written and d4 not when both are erased.
  let erasing: Promise<unknown> | undefined;
  const erased = new Proxy(platform.DB, {
    get(target, name) {
      if (name !== 'batch') return Reflect.get(target, name).bind(target);
      return async (statements: D1PreparedStatement[]) => {
        const isUnderWay = await target.prepare("select 1 from events where user_id = 'd1'").first();
        if (isUnderWay) erasing ??= Promise.all(['d0', 'd4'].map((userId) => eraseUser(userId, NOW + 1)));
        await erasing;
        return target.batch(statements);
      };
    },
  });
  expect((await importFiles({ ...platform, LOG_0: erased }, request, NOW)).interactionsWritten).toBe(20_000);
  expect(erasing).toBeDefined();
  for (const table of ['events', 'users']) {
    const users = `select distinct user_id from ${table} where user_id like 'd_' order by 1`;
    expect(await platform.DB.prepare(users).raw(), table).toEqual([['d1'], ['d2'], ['d3']]);
  }
});

async function eraseUser(userId: string, at: number): Promise<void> {
  const hash = await openUserHash(platform.DB);
  await insertErasedUsers(platform.DB, [hash(userId)], at).run();
  for (const table of ['events', 'users'])
    await platform.DB.prepare(`delete from ${table} where user_id = ?1`).bind(userId).run();
}

test('an import writes to each player’s database; repeated with one more database, it adds nothing', async () => {
  const lines = Array.from({ length: 400 }, (_, n) => `many${n % 80},m${n},4,${SECONDS + n}`);
  const file = write('spread.csv', `userId,movieId,rating,timestamp\n${lines.join('\n')}\n`);
  const { DB, BUCKET } = platform;
  // The other platforms' logs serve as more databases.
  const [LOG_0, LOG_1] = [
    await openPlatform(path.join(folder, 'three')),
    await openPlatform(path.join(folder, 'four')),
  ];
  onTestFinished(async () => {
    await LOG_0.dispose();
    await LOG_1.dispose();
  });
  const one = { DB, BUCKET, LOG_0: LOG_0.DB, state: folder };
  const two = { ...one, LOG_1: LOG_1.DB };
  const count = async () => [(await readLog(one.LOG_0)).length, (await readLog(two.LOG_1)).length];
  expect(await importFiles(one, { path: file }, NOW)).toMatchObject({ interactionsWritten: 400 });
  const grown = write(
    'spread.csv',
    `userId,movieId,rating,timestamp\n${[...lines, ...lines.map((line) => `more${line}`)].join('\n')}\n`,
  );
  expect(await importFiles(two, { path: grown }, LATER)).toMatchObject({
    interactionsRead: 800,
    interactionsWritten: 400,
  });
  const users = (await readLog(two.LOG_1)).map(({ userId }) => userId);
  expect(users.every((userId) => userId.startsWith('moremany') && chooseShard(userId, 2) === 1)).toBe(true);
  expect(users.length).toBeGreaterThan(100);
  expect((await count()).reduce((sum, events) => sum + events, 0)).toBe(800);
});

test('a file that grew after its events had left D1 adds the new ones alone', async () => {
  const header = 'user_id,item_id,time\n';
  const lines = Array.from({ length: 40 }, (_, n) => `left${n % 8},l${n},${SECONDS + n}`);
  const event = (id: string) =>
    `${JSON.stringify({ kind: 'event', id, userId: 'left1', type: 'play', itemId: 'l1', timestamp: NOW })}\n`;
  const grown: [name: string, before: string, line: string][] = [
    ['left.csv', `${header}${lines.join('\n')}\n`, `left3,new,${SECONDS}\n`],
    ['left.txt', 'left1 l1\nleft1 l2\nleft2 l1\n', 'left1 new\n'],
    ['left.jsonl', event('e1') + event('e2'), event('e3')],
  ];
  const run = (name: string, content: string) => importFiles(other, { path: write(name, content) }, LATER);
  const { DB, BUCKET } = other;
  for (const [name, before] of grown) await run(name, before);
  await exportEvents(DB, 0, BUCKET, LATER);
  await trimEvents(DB, 0, BUCKET, { hotFrom: Number.MAX_SAFE_INTEGER, readUntil: Number.MAX_SAFE_INTEGER });
  expect(await readLog(DB)).toEqual([]);
  for (const [name, before, line] of grown)
    expect(await run(name, before + line), name).toMatchObject({ interactionsWritten: 1 });
  expect((await readLog(DB)).map(({ id, userId, itemId }) => [userId, itemId ?? id])).toEqual([
    ['left3', 'new'],
    ['left1', 'new'],
    ['left1', 'l1'],
  ]);
  // Players on both sides of all files, and none of them in one.
  expect(readdirSync(fileCache(other.state))).not.toEqual([]);
  rmSync(fileCache(other.state), { recursive: true });
  const steps = new Set<string>();
  const outside = { path: write('outside.txt', 'a l1\nz l1\n') };
  await importFiles(other, outside, LATER, ({ step }) => void steps.add(step));
  expect([...steps].filter((step) => step.includes('fetching'))).toEqual([]);
  expect(existsSync(fileCache(other.state))).toBe(false);
});
