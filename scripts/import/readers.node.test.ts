import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PlayerEvent } from '../../models/contracts/event.ts';
import type { Item } from '../../models/contracts/item.ts';
import { splitCsv } from './csv.ts';
import { cleanItem, slugify } from './item.ts';
import { readJsonl } from './jsonl.ts';
import { readLines } from './lines.ts';
import { findRatings, readMovielens } from './movielens.ts';
import type { Reader, Row } from './row.ts';
import { readSequences } from './sequences.ts';
import { readSteam200k } from './steam-200k.ts';

const STARTED_AT = Date.UTC(2026, 0, 31, 12);
const HOUR_MS = 3_600_000;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'import-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string | Uint8Array): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

async function readAll(reader: Reader, file: string, itemsPath?: string) {
  const rows: Row[] = [];
  for await (const row of reader({ path: file, itemsPath, idPrefix: 'p', startedAt: STARTED_AT })) rows.push(row);
  return {
    items: rows.flatMap((row) => (row.kind === 'item' ? [row.item] : [])),
    placeholders: rows.flatMap((row) => (row.kind === 'placeholder' ? [row.item] : [])),
    events: rows.flatMap((row) => (row.kind === 'event' ? [row.event] : [])),
    skips: rows.flatMap((row) => (row.kind === 'skip' ? [`${row.at} ${row.reason}`] : [])),
  };
}

const brief = ({ id, userId, type, itemId, value, timestamp }: PlayerEvent) => ({
  id,
  userId,
  type,
  itemId,
  value,
  timestamp,
});

test('plain and zipped files give the same lines, with either line end, a BOM and no last line end', async () => {
  const text = `\ufeffone\r\n\ntwo ${'é'.repeat(300_000)}\nthree`;
  for (const file of [write('lines.txt', text), write('lines.txt.gz', gzipSync(text))]) {
    const lines: [number, number][] = [];
    for await (const line of readLines(file)) lines.push([line.number, line.text.length]);
    expect(lines).toEqual([
      [1, 3],
      [2, 0],
      [3, 300_004],
      [4, 5],
    ]);
  }
  await expect(readLines(path.join(folder, 'absent.gz')).next()).rejects.toThrow('ENOENT');
  await expect(readLines(write('endless.txt', 'x'.repeat(5_000_000))).next()).rejects.toThrow('line 1 does not end');
});

test('fields of a line may be quoted, contain commas and doubled quotes, and be empty', () => {
  expect(splitCsv('1,"The ""Best"", Vol. 2",play,,0')).toEqual(['1', 'The "Best", Vol. 2', 'play', '', '0']);
  expect(splitCsv('"",""')).toEqual(['', '']);
  expect(splitCsv('a,"b" c')).toEqual(['a', '"b" c']);
});

test('unreadable fields of an item are left empty, and only a missing title or an invalid id rejects it', () => {
  const cleaned = (record: Record<string, unknown>) => {
    const item = cleanItem('x', { title: 'X', ...record });
    return item.ok ? item.value : expect.fail(item.error);
  };
  expect(cleaned({ price: 'Free to Play' }).price).toBe(0);
  expect(cleaned({ price: '$4.99' }).price).toBe(4.99);
  expect(cleaned({ price: 'Third-party' }).price).toBeNull();
  expect(cleaned({ price: -1 }).price).toBeNull();
  expect(cleaned({ price: 5, currency: 'EUR' }).currency).toBe('EUR');
  expect(cleaned({ price: 5, currency: 'euros' }).currency).toBeNull();
  expect(cleaned({ release_date: '2014-11-07' }).releaseDate).toBe('2014-11-07');
  expect(cleaned({ release_date: '2014-11-31' }).releaseDate).toBeNull();
  expect(cleaned({ release_date: 'soon' }).releaseDate).toBeNull();
  expect(cleaned({ genres: [' RPG ', 'RPG', '', 7, 'y'.repeat(80)], tags: 'RPG' })).toMatchObject({
    genres: ['RPG', 'y'.repeat(64)],
    tags: [],
  });
  expect(cleaned({ coverUrl: 'javascript:x', developer: '  ', age_rating: 16, hidden: 1 })).toMatchObject({
    coverUrl: null,
    developer: null,
    ageRating: 16,
    hidden: false,
  });
  expect(cleanItem('x', { title: ' ' })).toEqual({ ok: false, error: 'title: is missing' });
  expect(cleanItem('a/b', { title: 'X' }).ok).toBe(false);
  expect(slugify('Half-Life 2: Épisode™ One!')).toBe('half-life-2-episode-one');
  expect(slugify('東方')).toBe('東方');
  expect(slugify('New')).toBe('new-game');
  expect(slugify('???')).toBeUndefined();
});

test('sequences: a user’s events are an hour apart up to the start of the import, lines mixed or not', async () => {
  const file = write('sequences.txt', 'u1 a\nu2 b\nu1\tb\nbroken\nu1 x/y\n\nu1 c\n');
  const { placeholders, events, skips } = await readAll(readSequences, file);
  expect(events.map(brief)).toEqual([
    { id: 'p-1', userId: 'u1', type: 'play', itemId: 'a', value: null, timestamp: STARTED_AT - 3 * HOUR_MS },
    { id: 'p-2', userId: 'u2', type: 'play', itemId: 'b', value: null, timestamp: STARTED_AT },
    { id: 'p-3', userId: 'u1', type: 'play', itemId: 'b', value: null, timestamp: STARTED_AT - 2 * HOUR_MS },
    { id: 'p-7', userId: 'u1', type: 'play', itemId: 'c', value: null, timestamp: STARTED_AT },
  ]);
  expect(placeholders.map((item) => [item.itemId, item.title])).toEqual([
    ['a', 'Item a'],
    ['b', 'Item b'],
    ['c', 'Item c'],
  ]);
  expect(skips[0]).toBe('sequences.txt:4 is not "user item"');
  expect(skips[1]).toMatch(/^sequences\.txt:5 itemId: /);

  const items = write(
    'items.jsonl',
    '{"item":1,"title":"One","price":"Free"}\n{"itemId":"b"}\nnull\n{"title":"No id"}\n',
  );
  const withItems = await readAll(readSequences, file, items);
  expect(withItems.placeholders).toEqual([]);
  expect(withItems.items).toMatchObject([{ itemId: '1', title: 'One', price: 0 }]);
  expect(withItems.skips.slice(0, 2)).toEqual([
    'items.jsonl:2 item: title: is missing',
    'items.jsonl:3 item: is not a JSON object',
  ]);
  expect(withItems.skips[2]).toMatch(/^items\.jsonl:4 item: itemId/);
});

test('steam-200k: hours become minutes, titles become items, and a catalogue adds facts to them', async () => {
  const file = write(
    'steam.csv',
    '1,"Dota, 2",purchase,1.0,0\n1,"Dota, 2",play,1.5,0\n1,Spore,refund,1,0\n1,Spore,play,much,0\n1,!!!,play,1,0\n2\n',
  );
  const items = write(
    'games.jsonl',
    '{"title":"DOTA 2","genres":["Strategy"]}\n{"title":"dota-2"}\n{"title":"Other"}\n',
  );
  const { items: known, placeholders, events, skips } = await readAll(readSteam200k, file, items);
  expect(events.map((event) => [event.type, event.itemId, event.value])).toEqual([
    ['purchase', 'dota-2', null],
    ['play', 'dota-2', 90],
  ]);
  expect(known).toMatchObject([{ itemId: 'dota-2', title: 'DOTA 2', genres: ['Strategy'] }]);
  expect(placeholders.map((item) => item.itemId)).toEqual(['spore']);
  expect(skips).toHaveLength(4);
  expect(skips[0]).toBe('steam.csv:3 behaviour: is neither purchase nor play');
});

test('movielens: three shapes give the same rows, with the films beside them; times before 2000 are kept', async () => {
  const seconds = 880_606_923;
  const shapes: [string, string, string, string | Uint8Array][] = [
    [
      'ratings.dat',
      `1::7::4.5::${seconds}\n1::7::9::${seconds}\n1::7::3::soon\n`,
      'movies.dat',
      Buffer.from('7::Amélie (2001)::Comedy|Romance\n', 'latin1'),
    ],
    [
      'ratings.csv',
      `userId,movieId,rating,timestamp\n1,7,4.5,${seconds}\n1,7,9,${seconds}\n1,7,3,soon\n`,
      'movies.csv',
      'movieId,title,genres\n7,"Amélie (2001)",Comedy|Romance\n',
    ],
    [
      'u.data',
      `1\t7\t4.5\t${seconds}\n1\t7\t9\t${seconds}\n1\t7\t3\tsoon\n`,
      'u.item',
      Buffer.from(`7|Amélie (2001)|02-Feb-2001||http://x|0|0|0|0|0|1${'|0'.repeat(8)}|1|0|0|0|0\n`, 'latin1'),
    ],
  ];
  for (const [name, ratings, catalogue, films] of shapes) {
    const file = write(name, ratings);
    write(catalogue, films);
    const { items, events, skips } = await readAll(readMovielens, file);
    expect(
      events.map(({ userId, type, itemId, value, timestamp }) => ({ userId, type, itemId, value, timestamp })),
      name,
    ).toEqual([{ userId: '1', type: 'rate', itemId: '7', value: 4.5, timestamp: seconds * 1000 }]);
    const film: Partial<Item> = { itemId: '7', title: 'Amélie (2001)', genres: ['Comedy', 'Romance'] };
    expect(items, name).toMatchObject([{ ...film, releaseDate: name === 'u.data' ? '2001-02-02' : null }]);
    expect(skips.map((skip) => skip.replace(/^\S+ /, ''))).toEqual([
      'value: must be a rating of 0.5–5',
      'timestamp: is not a time',
    ]);
  }
  expect(findRatings(folder)).toBe(path.join(folder, 'ratings.dat'));
  const renamed = write('my-ratings.txt', `1\t7\t4\t${seconds}\n`);
  expect((await readAll(readMovielens, renamed)).events).toHaveLength(1);
  await expect(readAll(readMovielens, write('other.txt', 'hello\n'))).rejects.toThrow('does not look like');
});

test('jsonl: an export keeps every field of events and items; lines that break the contract are skipped', async () => {
  const event: PlayerEvent = {
    id: 'e1',
    userId: 'u',
    type: 'rate',
    itemId: 'a',
    value: 4,
    query: null,
    timestamp: STARTED_AT - HOUR_MS,
    receivedAt: STARTED_AT - HOUR_MS + 5,
    recommendationId: 'r',
    position: 3,
    platform: 'linux',
    country: 'CH',
    locale: null,
  };
  const item = cleanItem('a', { title: 'A', genres: ['RPG'] });
  if (!item.ok) expect.fail(item.error);
  const lines = [
    { kind: 'item', ...item.value },
    { kind: 'event', ...event },
    { kind: 'event', ...event, value: 9 },
    { kind: 'event', ...event, timestamp: STARTED_AT + HOUR_MS },
    { kind: 'event', id: 'e2' },
    { kind: 'item', ...item.value, itemId: 'popular' },
    { kind: 'release' },
    [],
  ];
  const { items, events, skips } = await readAll(
    readJsonl,
    write('export.jsonl.gz', gzipSync(lines.map((line) => JSON.stringify(line)).join('\n'))),
  );
  expect(items).toEqual([item.value]);
  expect(events).toEqual([event]);
  expect(skips.map((skip) => skip.slice(0, 'export.jsonl.gz:3'.length))).toEqual(
    [3, 4, 5, 6, 7, 8].map((line) => `export.jsonl.gz:${line}`),
  );
});
