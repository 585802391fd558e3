import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EVENT_TYPES, PlayerEvent, parseEvent } from '../../models/contracts/event.ts';
import type { Item } from '../../models/contracts/item.ts';
import { SAMPLES, type Sample, SECONDS } from '../../tests/import-samples.ts';
import { read, STARTED_AT, writeSample } from '../../tests/read-import.ts';
import { EVENT_COLUMNS } from '../../workers/storage/event-columns.ts';
import { encodeParquet } from '../../workers/storage/parquet.ts';
import { withDuckDb } from '../duckdb/open.ts';
import { PROJECT_DIR } from '../local/project.ts';
import { FORMATS } from './formats.ts';
import type { ImportRequest } from './write.ts';

const HOUR_MS = 3_600_000;

let root: string;
beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'import-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const writeFolder = (files: Sample) => writeSample(root, files);
const write = (name: string, content: string | Uint8Array): string => path.join(writeFolder({ [name]: content }), name);

const FILM: Partial<Item> = { itemId: '7', title: 'Amélie, la (2001)', genres: ['Comedy', 'Romance'] };
const RATING = ['1', 'rate', '7', 4.5, SECONDS * 1000];
const JANUARY_2020 = Date.UTC(2020, 0, 1, 1, 1, 1);

/** The format, events and items of each sample. */
const EXPECTED: Record<keyof typeof SAMPLES, [string, unknown[][], Partial<Item>[]]> = {
  'movielens with a header': ['movielens', [RATING], [FILM, { itemId: '8', genres: [] }]],
  'movielens 1m and 10m': ['movielens', [RATING], [FILM]],
  'movielens 100k': ['movielens', [RATING], [{ ...FILM, releaseDate: '2001-02-02' }]],
  'steam-200k': [
    'steam-200k',
    [
      ['151603712', 'purchase', 'dota-2', null, STARTED_AT - HOUR_MS],
      ['151603712', 'play', 'dota-2', 90, STARTED_AT],
    ],
    [],
  ],
  'steam-recommendations': [
    'steam-recommendations',
    [
      ['51580', 'play', '975370', 2190, Date.UTC(2022, 11, 12)],
      ['51580', 'like', '975370', null, Date.UTC(2022, 11, 12)],
    ],
    [
      {
        ...{ itemId: '975370', title: 'Dwarf Fort', releaseDate: '2022-12-06', price: 29.99, currency: 'USD' },
        ...{ platforms: ['windows', 'linux'], tags: ['Colony Sim', 'Indie'] },
      },
    ],
  ],
  recbole: [
    'recbole',
    [
      ['196', 'rate', '242', 3, SECONDS * 1000],
      ['197', 'rate', '242', 4, SECONDS * 1000],
    ],
    [{ itemId: '242', title: 'Toy "Story', releaseDate: '1995-01-01', genres: ['Animation', 'Comedy'] }],
  ],
  'gorse CSV': [
    'gorse',
    [
      ['0', 'like', '2', null, JANUARY_2020],
      ['0', 'view', '2', null, JANUARY_2020 + 1000],
    ],
    [{ itemId: '2', title: 'o,n,e', genres: ['x', 'y'], tags: ['a', 'b'], hidden: true }],
  ],
  'gorse JSON lines': [
    'gorse',
    [['0', 'like', '2', null, JANUARY_2020]],
    [{ itemId: '2', title: '2', genres: ['x', 'y'], releaseDate: '2020-01-01' }],
  ],
  metarank: [
    'metarank',
    [
      ['s1', 'click', 'item1', null, 1599391468000],
      ['u1', 'purchase', 'item1', null, 1599391467000],
    ],
    [{ itemId: 'item1', title: 'Cat', genres: ['white', 'black'], price: 12.5 }],
  ],
  'amazon-reviews 2023': [
    'amazon-reviews',
    [['AE', 'rate', 'B0', 5, 1588687728923]],
    [{ itemId: 'B0', title: 'Game 1', genres: ['Games', 'PC'], developer: 'ACME', price: 8.98, currency: 'USD' }],
  ],
  'amazon-reviews 2018': [
    'amazon-reviews',
    [['A1', 'rate', 'B7', 2, SECONDS * 1000]],
    [{ itemId: 'B7', title: 'Game 7', genres: ['Games'], developer: 'ACME', price: 8.98 }],
  ],
  sequences: [
    'sequences',
    [
      ['u1', 'play', 'a', null, STARTED_AT - 2 * HOUR_MS],
      ['u1', 'play', 'b', null, STARTED_AT - HOUR_MS],
      ['u1', 'play', 'c', null, STARTED_AT],
      ['u2', 'play', 'b', null, STARTED_AT],
    ],
    [],
  ],
  jsonl: ['jsonl', [['anna', 'play', 'g1', 90, SECONDS * 1000]], [{ itemId: 'g1', title: 'Game 1' }]],
  log: ['log', [['anna', 'play', 'g1', 90, SECONDS * 1000]], []],
  csv: ['csv', [['anna', 'purchase', 'g1', null, SECONDS * 1000]], []],
};

test.each(Object.entries(EXPECTED))(
  '%s is recognised and read, with the catalogue beside it',
  async (name, expected) => {
    const sample: Sample = SAMPLES[name as keyof typeof SAMPLES];
    const [format, events, items] = expected;
    const folder = writeFolder(sample);
    const [first] = Object.keys(sample);
    // The catalogue of another RecBole data set is in the folder, but not beside the interactions by its name.
    for (const given of name === 'recbole' ? [path.join(folder, first!)] : [folder, path.join(folder, first!)]) {
      const result = await read(given);
      expect(result.source.format).toBe(format);
      expect(result.brief).toEqual(events);
      expect(result.items).toMatchObject(items);
      expect(result.items).toHaveLength(items.length);
    }
  },
);

test('docs/import.md shows a row of a sample of each format', () => {
  const docs = readFileSync(path.join(PROJECT_DIR, 'docs/import.md'), 'utf8');
  const [, table] = docs.split('| sample | one of its rows | becomes |\n|---|---|---|\n');
  const rows = table!.split('\n\n', 1)[0]!.split('\n');
  const shown = rows.map((row) => /^\| `([\w-]+)` \| `(.+?)`.* \| /.exec(row)!.slice(1) as [string, string]);
  expect(shown.map(([format]) => format)).toEqual(FORMATS);
  for (const [format, row] of shown) {
    // Its sample is no text.
    if (format === 'log') continue;
    const samples: Sample[] = Object.entries(SAMPLES).flatMap(([name, sample]) =>
      EXPECTED[name as keyof typeof SAMPLES][0] === format ? sample : [],
    );
    const lines = samples.flatMap((sample) => Object.values(sample).flatMap((text) => String(text).split(/\r?\n/)));
    const parts = row.split('…').map((part) => part.replaceAll('⇥', '\t'));
    const isShown = (line: string) => line.startsWith(parts[0]!) && parts.every((part) => line.includes(part));
    expect(lines.some(isShown), row).toBe(true);
  }
});

test('columns are read by the header, in any order; an unknown header is refused with what was found', async () => {
  const swapped = write('ratings.csv', `movieId,userId,rating,timestamp\n7,1,4.5,${SECONDS}\n`);
  expect((await read(swapped)).brief).toEqual([RATING]);
  const unknown = write('plays.csv', 'player;game;minutes\nanna;g1;5\n');
  await expect(read(unknown)).rejects.toThrow(
    /no known format[\s\S]*plays\.csv: text separated by semicolons, first line “player”, “game”[\s\S]*--columns/,
  );
  const dump = writeFolder(SAMPLES['gorse CSV']);
  await expect(read(dump, { format: 'movielens' })).rejects.toThrow('It looks like a gorse file: --format gorse');
});

test('any other table is read by the columns that are named, by name or by number', async () => {
  const table = write('plays.csv', 'player;game;minutes;at\nanna;g1;5;2024-03-01 10:00\n');
  const columns = { user: 'player', item: 'game', value: 'minutes', time: 'at', type: 'play' };
  expect((await read(table, { format: 'csv', columns })).brief).toEqual([
    ['anna', 'play', 'g1', 5, Date.UTC(2024, 2, 1, 10)],
  ]);
  const bare = write('bare.csv', 'anna\tg1\tbuy\t1700000000\n');
  expect((await read(bare, { format: 'csv', columns: { user: '1', item: '2', type: '3', time: '4' } })).brief).toEqual([
    ['anna', 'purchase', 'g1', null, 1_700_000_000_000],
  ]);
  const usual = write('events.csv', 'user_id,item_id,event_type,timestamp\nanna,g1,heart,1700000000\n');
  const typed = await read(usual, { types: { heart: 'like' } });
  expect([typed.source.format, typed.brief]).toEqual(['csv', [['anna', 'like', 'g1', null, 1_700_000_000_000]]]);
  await expect(
    read(usual, { format: 'csv', columns: { user: 'user_id', item: 'game', type: 'play' } }),
  ).rejects.toThrow(/no file has the columns user_id, game\.[\s\S]*“event_type”/);
});

test('the encoding and the compression are found out, and files of a folder or glob are read together', async () => {
  const text = `userId,movieId,rating,timestamp\n1,é7,4.5,${SECONDS}\n`;
  const rating = ['1', 'rate', 'é7', 4.5, SECONDS * 1000];
  const files: [string, Uint8Array][] = [
    ['bom.csv', Buffer.from(`\ufeff${text}`)],
    ['utf16.csv', Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['utf16-without-mark.csv', Buffer.from(text, 'utf16le')],
    ['latin1.csv', Buffer.from(text, 'latin1')],
    ['windows.csv', Buffer.from(text.replaceAll('\n', '\r\n'))],
    ['gzip.csv.gz', gzipSync(text)],
    ['latin1.csv.gz', gzipSync(Buffer.from(text, 'latin1'))],
    ['zstd-by-content.csv', zstdCompressSync(text)],
  ];
  for (const [name, bytes] of files) expect((await read(write(name, bytes))).brief, name).toEqual([rating]);
  const late = `userId,movieId,rating,timestamp\n${`1,7,4.5,${SECONDS}\n`.repeat(5_000)}1,é7,4.5,${SECONDS}\n`;
  expect((await read(write('late.csv', Buffer.from(late, 'latin1')))).brief.at(-1)).toEqual(rating);
  await expect(read(write('big.csv', Buffer.from(`\ufeff${text}`, 'utf16le').swap16()))).rejects.toThrow('UTF-16, big');
  await expect(read(write('x.zip', Buffer.from('PK\u0003\u0004rest')))).rejects.toThrow('zip archive: unpack it');

  const folder = writeFolder({
    'a/part-1.csv': text,
    'a/part-2.csv': text.replace('é7', 'z8'),
    'a/readme.md': '# x\n',
  });
  for (const given of [folder, path.join(folder, 'a', 'part-*.csv')])
    expect((await read(given)).brief.map(([, , item]) => item).sort()).toEqual(['z8', 'é7']);
});

test('Parquet is read like CSV, lists and all', async () => {
  const folder = writeFolder({ 'x.txt': '' });
  await withDuckDb(async (connection) => {
    await connection.run(`copy (select 9007199254740993 as userId, 7 as movieId, 4.5 as rating,
      make_timestamp(${SECONDS * 1e6}::bigint) as timestamp) to '${folder}/ratings.parquet'`);
    await connection.run(
      `copy (select 7 as movieId, 'A' as title, ['X', 'Y|Z'] as genres) to '${folder}/movies.parquet'`,
    );
  });
  const { source, brief, items } = await read(path.join(folder, 'ratings.parquet'));
  expect(source.format).toBe('movielens');
  expect(brief).toEqual([['9007199254740993', 'rate', '7', 4.5, SECONDS * 1000]]);
  expect(items).toMatchObject([{ itemId: '7', title: 'A', genres: ['X', 'Y|Z'] }]);
});

test('ids beyond 2^53 stay apart, in CSV and in JSON', async () => {
  const ids = ['9007199254740992', '9007199254740993'];
  const csv = write('r.csv', `userId,movieId,rating,timestamp\n${ids.map((id) => `${id},7,4,${SECONDS}\n`).join('')}`);
  const json = write(
    'r.jsonl',
    ids.map((id) => `{"user_id":${id},"item_id":"7","rating":4,"timestamp":${SECONDS}}\n`).join(''),
  );
  for (const file of [csv, json]) expect((await read(file)).brief.map(([user]) => user)).toEqual(ids);
});

test('a scale of ratings that is not ours is recognised or asked for, and none is half kept', async () => {
  const rate = (...ratings: (number | string)[]) =>
    write('r.csv', `user_id,item_id,rating,timestamp\n${ratings.map((r, n) => `u${n},g,${r},${SECONDS}\n`).join('')}`);
  const values = async (file: string, request?: Partial<ImportRequest>) =>
    (await read(file, request)).brief.map(([, , , value]) => value);
  expect(await values(rate(0.5, 3, 5))).toEqual([0.5, 3, 5]);
  expect(await values(rate(1, 7, 10))).toEqual([0.5, 3.5, 5]);
  expect(await values(rate(20, 100))).toEqual([1, 5]);
  await expect(read(rate(2, 9))).rejects.toThrow(/go from 2 to 9: give their scale with --rating-scale/);
  await expect(read(rate(0, 5))).rejects.toThrow(/go from 0 to 5/);
  await expect(read(rate(-1, 10))).rejects.toThrow(/go from -1 to 10/);
  expect(await values(rate(2, 9), { ratingScale: { min: 1, max: 10 } })).toEqual([1, 4.5]);
  expect(await values(rate(-10, 0, 10), { ratingScale: { min: -10, max: 10 } })).toEqual([0.5, 2.5, 5]);
  const outside = await read(rate(-1, 8, 'x'), { ratingScale: { min: 1, max: 10 } });
  expect(outside.brief.map(([, , , value]) => value)).toEqual([4]);
  expect(outside.skipped.map(({ reason }) => reason).sort()).toEqual([
    'value: is not a number',
    'value: must be a rating of 0.5–5',
  ]);
});

test('epoch times, ISO 8601 and common forms of times are read; the rest is skipped with a reason', async () => {
  const at = Date.UTC(2024, 2, 1, 10);
  const texts = [
    ...[String(at / 1000), String(at), `${at}000`, `${at}000000`, '2024-03-01T10:00:00Z', '2024-03-01T12:00:00+02:00'],
    ...['2024-03-01 10:00:00', '2024-03-01 10:00:00 +0000 UTC', '2024/03/01 10:00:00', '01.03.2024 10:00'],
  ];
  const days = ['2024-03-01', 'Mar 1, 2024', '1 Mar 2024', '20240301'];
  const bad = ['soon', '', '0001-01-01 00:00:00 +0000 UTC', '2124-01-01', '1e400'];
  const rows = [...texts, ...days, ...bad].map((text, n) => `u${String(n).padStart(2, '0')},g,"${text}"\n`);
  const { brief, skipped } = await read(write('t.csv', `user_id,item_id,time\n${rows.join('')}`));
  expect(brief.map(([, , , , time]) => time)).toEqual([
    ...texts.map(() => at),
    ...days.map(() => Date.UTC(2024, 2, 1)),
  ]);
  expect(Object.fromEntries(skipped.map(({ reason, count }) => [reason, count]))).toEqual({
    'timestamp: is not a time': 3,
    'timestamp: is missing': 1,
    'timestamp: is in the future': 1,
  });
});

test('what is taken and what is skipped is what the contract says', async () => {
  const ids = [
    'plain',
    'a b',
    'ä',
    'a/b',
    '.',
    '..',
    'x'.repeat(128),
    'x'.repeat(129),
    'a\u200bb',
    '~',
    "'",
    '"',
    '50%',
  ];
  const cases = [
    ...ids.flatMap((id) => [
      { userId: id, itemId: 'g', type: 'play' },
      { userId: 'u', itemId: id, type: 'play' },
    ]),
    ...EVENT_TYPES.flatMap((type) =>
      [undefined, -1, 0, 0.4, 3, 6, 2e9].map((value) => ({ userId: 'u', itemId: 'g', type, value })),
    ),
    ...EVENT_TYPES.map((type) => ({ userId: 'u', type, value: 3 })),
    { userId: 'u', itemId: 'g', type: 'dance' },
  ].map((event, n) => ({ ...event, id: `e${n}`, query: event.type === 'search' ? 'q' : undefined }));
  const lines = cases.map((event) => JSON.stringify({ kind: 'event', timestamp: STARTED_AT - 1, ...event }));
  const { events } = await read(write('e.jsonl', `${lines.join('\n')}\n`));
  const taken = cases.filter((event) => parseEvent({ ...event, timestamp: STARTED_AT - 1 }, STARTED_AT).ok);
  expect(events.map(({ id }) => id).sort()).toEqual(taken.map(({ id }) => id).sort());
  expect(taken.length).toBeGreaterThan(60);
  for (const event of events) expect(PlayerEvent.safeParse(event).error).toBeUndefined();
});

test('an export keeps every field of events and items', async () => {
  const event: PlayerEvent = {
    ...{ id: 'e1', userId: 'u', type: 'search', itemId: 'a', value: 4, query: 'a query' },
    ...{ timestamp: STARTED_AT - HOUR_MS, receivedAt: STARTED_AT - HOUR_MS + 5, recommendationId: 'r', position: 3 },
    ...{ platform: 'linux', country: 'CH', locale: null },
  };
  const item: Item = {
    ...{ itemId: 'a', title: 'A, B', genres: ['R|PG', 'x, y'], tags: [], developer: 'One, Two', releaseDate: null },
    ...{ price: 4.5, currency: 'CHF', ageRating: 16, platforms: [], coverUrl: '/c.png', hidden: true },
  };
  const bad = [{ ...event, id: 'e2', country: 'Schweiz' }, { ...event, id: 'e3', query: ' ' }, { id: 'e4' }];
  const rows = [
    ...[event, ...bad].map((one) => ({ kind: 'event', ...one })),
    { kind: 'item', ...item },
    { kind: 'release' },
    [],
  ];
  const { events, items, skipped } = await read(
    write('x.jsonl.gz', gzipSync(rows.map((row) => JSON.stringify(row)).join('\n'))),
  );
  expect(events).toEqual([event]);
  expect(items).toEqual([item]);
  expect(skipped.reduce((sum, { count }) => sum + count, 0)).toBe(5);
});

test('the Parquet files of another store’s log keep every field', async () => {
  const at = STARTED_AT - HOUR_MS + 123;
  const events: PlayerEvent[] = [
    {
      ...{ id: 'e1', userId: 'u1', type: 'play', itemId: 'a', value: 42.5, query: null, timestamp: at, receivedAt: at },
      ...{ recommendationId: 'r', position: 3, platform: 'linux', country: 'CH', locale: 'de' },
    },
    {
      ...{ id: 'e2', userId: 'u2', type: 'search', itemId: null, value: null, query: 'a query', timestamp: at },
      ...{ receivedAt: at + 5, recommendationId: null, position: null, platform: null, country: null, locale: null },
    },
  ];
  const rows = events.map((event, n) => ({ ...event, sequence: n + 1 }));
  const found = await read(write('1-2-abc.parquet', encodeParquet(EVENT_COLUMNS, rows, {})));
  expect(found.source.format).toBe('log');
  expect(found.events).toEqual(events);
  expect(found.skipped).toEqual([]);
});

test('memory suffices for many rows beside a line of megabytes', async () => {
  const count = 120_000;
  const rows = Array.from({ length: count }, (_, n) => `user-${n % 5_000},item-${n % 977},${SECONDS + n},x`);
  rows[7] = `long,item-1,${SECONDS},${'x'.repeat(12_000_000)}`;
  const file = write('long.csv', `user_id,item_id,timestamp,comment\n${rows.join('\n')}\n`);
  const columns = { user: 'user_id', item: 'item_id', time: 'timestamp', type: 'play' };
  const { events, skipped } = await read(file, { format: 'csv', columns }, '192MB');
  expect([events.length, skipped]).toEqual([count, []]);
  expect(events.some(({ userId }) => userId === 'long')).toBe(true);
});

test('broken lines, unknown types and fields left empty are counted, with examples', async () => {
  const table = write('e.csv', 'user_id,item_id,type\nu,a,play\nu,b\nu,c,play,x\nu,d,share\nu,e,share\n,f,play\n');
  expect((await read(table)).skipped).toEqual([
    { reason: 'has too few columns', count: 1, examples: ['e.csv:3'] },
    { reason: 'has too many columns', count: 1, examples: ['e.csv:4'] },
    { reason: 'type: “share” is not known; --types share=… names ours', count: 2, examples: ['row 2', 'row 3'] },
    { reason: 'userId: is missing', count: 1, examples: ['row 4'] },
  ]);
  const broken = `${SAMPLES.metarank['events.jsonl']}{"event":"interaction","user":"u2\n`;
  expect((await read(write('events.jsonl', broken))).skipped).toEqual([
    { reason: 'userId: is missing', count: 1, examples: ['row 3'] },
  ]);
  const words = Array.from({ length: 25 }, (_, n) => `u,a,word${n}\nu,b,word${n}\n`);
  const { skipped } = await read(write('words.csv', `user_id,item_id,type\n${words.join('')}`));
  expect(skipped).toHaveLength(21);
  expect(skipped.at(-1)).toMatchObject({ reason: 'for 5 other reasons', count: 10 });
  expect(skipped.reduce((sum, { count }) => sum + count, 0)).toBe(50);
  const films = writeFolder({
    'ratings.csv': `userId,movieId,rating,timestamp\n1,7,4,${SECONDS}\n2,7\n`,
    'movies.csv': 'movieId,title,genres\n7,A,Comedy\n8,B, no quotes,Comedy\n9,\n',
  });
  expect((await read(films)).skipped).toEqual([
    { reason: 'has too few columns', count: 1, examples: ['ratings.csv:3'] },
    { reason: 'has too few columns', count: 1, examples: ['movies.csv:4'] },
    { reason: 'has too many columns', count: 1, examples: ['movies.csv:3'] },
  ]);
  const folder = writeFolder({
    'pairs.txt': 'u a\nu b\n',
    'items.csv': 'id;name;price;genre;released\na;A;"19,99€";Action|RPG;"Sep 12, 2014"\nb;B;cheap;RPG;soon\n',
  });
  const { items, emptied } = await read(path.join(folder, 'pairs.txt'), { itemsPath: path.join(folder, 'items.csv') });
  expect(items).toMatchObject([
    { itemId: 'a', title: 'A', price: 19.99, currency: 'EUR', genres: ['Action', 'RPG'], releaseDate: '2014-09-12' },
    { itemId: 'b', title: 'B', price: null },
  ]);
  expect(emptied).toEqual([
    { field: 'releaseDate', count: 1, examples: ['soon'] },
    { field: 'price', count: 1, examples: ['cheap'] },
  ]);
});
